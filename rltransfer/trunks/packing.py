"""Frozen stages packed for acting: weights cast and folded into a graph once, with no Python between layers."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from rltransfer.errors import ConfigError
from rltransfer.trunks.layers import PixelConv2d, PixelLinear
from rltransfer.trunks.reordered import reordered_layers
from rltransfer.trunks.trunk import Trunk


class _Stages(nn.Module):
    """Stages in the arithmetic they are to run in, from what an environment gives to float32."""

    def __init__(self, stages: list[nn.Module], dtype: torch.dtype) -> None:
        super().__init__()
        self.stages = nn.Sequential(*stages)
        self.dtype = dtype

    def forward(self, inputs: Tensor) -> Tensor:
        if inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        outputs: Tensor = self.stages(inputs.to(self.dtype))
        return outputs.float()


def cast_stage(stage: nn.Module, dtype: torch.dtype) -> nn.Module:
    """A copy of ``stage`` with weights in ``dtype``, for acting; the scale of pixels is folded in."""
    with torch.no_grad():
        copied = copy.deepcopy(stage)
        for module in copied.modules():
            if isinstance(module, PixelConv2d | PixelLinear):
                module.weight.mul_(module.pixel_scale)
                module.pixel_scale = 1.0
        return copied.to(dtype).requires_grad_(False).eval()


@torch.no_grad()
def packed_prefix(trunk: Trunk, stop: int, example: Tensor) -> Callable[[Tensor], Tensor]:
    """The first ``stop`` stages of ``trunk`` as one fast function, the same numbers as the trunk's own.

    At eight images a call, where little time goes into products, reordered weights save a quarter of the pass, and
    a traced graph, where weights cannot be reordered, a sixth.

    Args:
        trunk: its first ``stop`` stages are frozen: the function keeps the weights as they are now.
        stop: how many stages.
        example: (batch, *input_shape) of the type that will be given; the batch may vary later.

    Raises:
        ConfigError: the stages are not frozen, so a packed copy would go stale.
    """
    if trunk.frozen_until < stop:
        raise ConfigError(f"only {trunk.frozen_until} stages of the trunk are frozen; {stop} are to be packed")
    trunk(example, 0, stop)  # settles layout and arithmetic on the present device
    if example.is_floating_point() or not trunk.reads_pixels:
        return lambda inputs: trunk(inputs, 0, stop)
    dtype = getattr(torch, trunk.precision)
    cast = [cast_stage(trunk.stages[name], dtype) for name in trunk.stage_names[:stop]]
    stages = _Stages(cast, dtype).eval()
    if dtype is torch.bfloat16 and example.device.type == "cpu":
        reordered = _Stages([reordered_layers(copy.deepcopy(stage)) for stage in cast], dtype).eval()
        if _agrees(reordered, stages(example), example):
            return reordered
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing is called deprecated in favour of compilers users may not have
        traced = torch.jit.trace(stages, example, check_trace=False)  # type: ignore[no-untyped-call]
        return torch.jit.freeze(traced)  # type: ignore[no-any-return]


def _agrees(stages: nn.Module, expected: Tensor, example: Tensor) -> bool:
    """Whether this build of torch has the operators that ``stages`` need, and they give what is expected."""
    try:
        return torch.equal(stages(example), expected)
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
