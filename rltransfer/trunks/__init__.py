"""Trunks: perception networks of named stages that move between agents and images."""

from rltransfer.trunks.artifact import load_trunk, save_trunk
from rltransfer.trunks.description import Description, Layer, describe
from rltransfer.trunks.precision import choose_precision
from rltransfer.trunks.trunk import END, Trunk, TrunkPart

__all__ = [
    "END",
    "Description",
    "Layer",
    "Trunk",
    "TrunkPart",
    "choose_precision",
    "describe",
    "load_trunk",
    "save_trunk",
]
