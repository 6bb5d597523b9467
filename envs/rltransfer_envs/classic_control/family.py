"""The five families of classic control, as the registry finds them."""

from rltransfer_envs.classic_control.cartpole import CARTPOLE

ALL = (CARTPOLE,)
