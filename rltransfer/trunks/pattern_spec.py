"""A trunk written in the lecture's notation, as plain settings. Imports no torch, as ``rltransfer.trunks.specs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, field_validator

from rltransfer.trunks.layer_pattern import parsed
from rltransfer.trunks.specs import Channels, TrunkSpec

if TYPE_CHECKING:
    from rltransfer.trunks.trunk import Trunk


class Pattern(TrunkSpec):
    """Convolutions and fully connected layers in the notation of lectures, ``[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1``.

    Layers are ``CONV`` (padded, so height and width stay), ``RELU``, ``POOL`` (maxima) and ``FC``. ``-`` stands between
    them, brackets around some, and ``*N`` behind one of either repeats it. The softmax belongs to the head, which is
    no part of a trunk. Stages are ``block1``, ``block2``, ..., each of which ends behind a ``POOL``, and ``fc1``,
    ``fc2``, ..., each of which begins with an ``FC``.

    Args:
        layers: the pattern.
        channels: of the convolutions of each block; later blocks have the last number.
        features: widths of the fully connected layers; later ones have the last number.
        kernel: height and width of a convolution, an odd number.
        pool: what a ``POOL`` divides height and width by.

    Source: Karpathy et al., course notes of CS231n, "Convolutional Networks", section "Layer Patterns"; sizes are own
    choice, small enough for frames of an environment.
    """

    layers: str = Field(default="[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1", min_length=1, max_length=300)
    channels: Channels = (32, 64, 128)
    features: tuple[Annotated[int, Field(ge=1, le=65_536)], ...] = Field(default=(256,), min_length=1, max_length=64)
    kernel: int = Field(default=3, ge=1, le=31)
    pool: int = Field(default=2, ge=2, le=16)

    @field_validator("layers")
    @classmethod
    def _is_a_pattern(cls, value: str) -> str:
        parsed(value)
        return value

    @field_validator("kernel")
    @classmethod
    def _is_odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError(f"is {value}, but must be odd, so that a convolution keeps height and width.")
        return value

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.pattern import build_pattern

        return build_pattern(self, input_shape)

    def staged(self) -> dict[str, list[str]]:
        """The kinds of layers of each stage."""
        stages: dict[str, list[str]] = {}
        blocks = connected = 0
        name, is_open = "", False
        for layer in parsed(self.layers):
            if layer.kind == "FC":
                connected += 1
                name, is_open = f"fc{connected}", True
            elif not is_open:
                blocks += 1
                name, is_open = f"block{blocks}", True
            stages.setdefault(name, []).append(layer.kind)
            is_open = layer.kind != "POOL"
        return stages

    def stage_names(self) -> tuple[str, ...]:
        """``block1`` to ``blockN``, ``fc1`` to ``fcM``."""
        return tuple(self.staged())
