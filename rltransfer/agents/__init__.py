"""Agents: Stable-Baselines3 algorithms on trunks, and what is inside them.

Names are imported on first use: ``rltransfer.agents.algorithms`` must load without torch.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.agents.adoption import adopt as adopt
    from rltransfer.agents.anatomy import TrunkSite as TrunkSite
    from rltransfer.agents.anatomy import trunk_of as trunk_of
    from rltransfer.agents.anatomy import trunk_sites as trunk_sites
    from rltransfer.agents.artifact import load_agent as load_agent
    from rltransfer.agents.artifact import save as save
    from rltransfer.agents.feature_cache import FeatureCache as FeatureCache
    from rltransfer.agents.making import make_agent as make_agent
    from rltransfer.agents.resting import at_rest as at_rest

__getattr__, __dir__ = exported(
    __name__,
    {
        "FeatureCache": "rltransfer.agents.feature_cache",
        "TrunkSite": "rltransfer.agents.anatomy",
        "adopt": "rltransfer.agents.adoption",
        "at_rest": "rltransfer.agents.resting",
        "load_agent": "rltransfer.agents.artifact",
        "make_agent": "rltransfer.agents.making",
        "save": "rltransfer.agents.artifact",
        "trunk_of": "rltransfer.agents.anatomy",
        "trunk_sites": "rltransfer.agents.anatomy",
    },
)
