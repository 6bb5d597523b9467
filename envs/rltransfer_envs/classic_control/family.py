"""The five families of classic control, as the registry finds them."""

from rltransfer_envs.classic_control.acrobot import ACROBOT
from rltransfer_envs.classic_control.cartpole import CARTPOLE
from rltransfer_envs.classic_control.lunar_lander import LUNAR_LANDER
from rltransfer_envs.classic_control.mountain_car import MOUNTAIN_CAR
from rltransfer_envs.classic_control.pendulum import PENDULUM

ALL = (CARTPOLE, MOUNTAIN_CAR, ACROBOT, PENDULUM, LUNAR_LANDER)
