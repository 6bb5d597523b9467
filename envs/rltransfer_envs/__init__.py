"""Environment families of rltransfer, one folder each.

Importing this package makes ``gymnasium.make("rltransfer/Rover-v0")`` work, without importing Gymnasium
itself.
"""

from rltransfer_envs.registration import register_when_possible

register_when_possible()
