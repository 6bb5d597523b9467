"""The trunk: a perception network made of named stages, which can be split, described, saved and moved."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from rltransfer.errors import ConfigError, SpaceMismatchError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.trunks.layers import reads_pixels
from rltransfer.trunks.precision import choose_precision
from rltransfer.trunks.pretrained import weights_put_in_later
from rltransfer.trunks.specs import TrunkSpec

if TYPE_CHECKING:
    from rltransfer.trunks.description import Description


class _OptimizerSteps:
    """Counts the optimizer steps of this process: fused optimizers change weights without marking them changed."""

    def __init__(self) -> None:
        self.taken = 0
        register_optimizer_step_post_hook(self.count)

    def count(self, *_: object) -> None:
        self.taken += 1


_STEPS = _OptimizerSteps()

END = "end"
"""The name of the place after the last stage, where ``split`` leaves nothing to train."""


class Trunk(nn.Module):
    """Named stages applied in order: observations in, one feature vector out.

    Weights are float32. Where ``precision`` resolves to bfloat16, products are computed in bfloat16: under autocast
    while gradients are recorded, and otherwise on a bfloat16 copy of the weights that is cast once and kept until
    the weights change. Acting in a few environment copies is several times cheaper for it, since casting the
    weights costs more than the products of so small a batch.

    Args:
        spec: the architecture, kept so that the trunk can be saved and built again.
        input_shape: (channels, height, width) or (size,) of one observation.
        stages: stage name to module; each takes the output of the one before. The last gives (batch, features).
    """

    def __init__(self, spec: TrunkSpec, input_shape: tuple[int, ...], stages: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.spec = spec
        self.input_shape = tuple(input_shape)
        self.stages = nn.ModuleDict(OrderedDict(stages))
        self.frozen_until = 0
        self.frozen_stages: frozenset[str] = frozenset()
        self._still: tuple[nn.Module, ...] = ()
        self.keeps_copy = True
        self._names = tuple(self.stages)
        self._copies: dict[str, tuple[object, nn.Module]] = {}
        self._convolutional = any(isinstance(m, nn.Conv2d) for m in self.modules())
        self._shapes = self._measure_shapes()
        self._arithmetic: torch.dtype | None = None

    @property
    def stage_names(self) -> tuple[str, ...]:
        """Names of the stages, from the observation to the features."""
        return self._names

    @property
    def features_dim(self) -> int:
        """Width of the feature vector."""
        return self._shapes[-1][0]

    @property
    def device(self) -> torch.device:
        """Where the weights are; the processor, where there are none."""
        first = next(self.parameters(), None)
        return torch.device("cpu") if first is None else first.device

    @property
    def precision(self) -> Literal["float32", "bfloat16"]:
        """The arithmetic in use on the present device."""
        return "bfloat16" if self._dtype() is torch.bfloat16 else "float32"

    def index(self, at: str) -> int:
        """How many stages lie before ``at``: a stage name, or ``"end"``.

        Raises:
            UnknownNameError: the trunk has no such stage.
        """
        if at == END:
            return len(self._names)
        if at not in self._names:
            known = (*self._names, END)
            raise UnknownNameError("stage", at, known, nearest(at, known))
        return self._names.index(at)

    def shape_at(self, at: str) -> tuple[int, ...]:
        """Shape of one example as it enters stage ``at`` (as it leaves the last, for ``"end"``)."""
        return self._shapes[self.index(at)]

    def forward(self, observations: Tensor, start: int = 0, stop: int | None = None) -> Tensor:
        """Apply the stages ``start`` to ``stop`` (default: all).

        Args:
            observations: (batch, *input_shape) uint8 pixels, or floating point already scaled; or what stage
                ``start`` takes.
            start: index of the first stage to apply.
            stop: index after the last.

        Returns:
            (batch, features) float32, or what stage ``stop`` takes.
        """
        names = self._names[start:stop]
        inputs = observations.float() if observations.dtype is torch.float64 else observations
        if inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        dtype = self._dtype()
        if start == 0 and not inputs.is_floating_point() and not self.reads_pixels:
            inputs = inputs.float() / 255
        if dtype is torch.float32:
            outputs = _apply(self.stages, names, inputs)
        elif torch.is_grad_enabled() or not self.keeps_copy or self._learns(names):
            with torch.autocast(inputs.device.type, dtype=dtype):
                outputs = _apply(self.stages, names, inputs)
        else:
            if inputs.is_floating_point():
                inputs = inputs.to(dtype)
            outputs = inputs
            for name in names:
                outputs = self._stage_in(dtype, name)(outputs)
        return outputs.float()

    def freeze(self, at: str) -> None:
        """Stop the stages before ``at`` from learning: no gradients, and evaluation mode for good.

        Evaluation mode matters: Stable-Baselines3 puts the whole policy in training mode before every update, in
        which batch-norm statistics would go on drifting and dropout would act.
        """
        self.frozen_until = max(self.frozen_until, self.index(at))
        self.freeze_stages(self._names[: self.frozen_until])

    def freeze_stages(self, names: Iterable[str]) -> None:
        """Stop the stages called ``names`` from learning, wherever they are; see ``freeze``.

        What comes before them goes on learning through them. Only a prefix, which ``freeze`` makes, can be cached.

        Raises:
            UnknownNameError: the trunk has no such stage.
        """
        frozen = [self._names[self.index(name)] for name in names]
        self.frozen_stages |= frozenset(frozen)
        for name in frozen:
            self.stages[name].requires_grad_(False).eval()

    def keep_still(self, parts: Iterable[str], *, but: Iterable[str] = ()) -> None:
        """Stop parts of stages from learning, as ``freeze`` stops whole ones.

        Args:
            parts: modules by their names below ``stages``, with all within them: ``"members.0"``.
            but: modules within those that go on learning, by such names too.
        """
        parts, but = tuple(parts), tuple(but)
        kept = tuple(
            module
            for name, module in self.stages.named_modules()
            if _is_within(name, parts) and not _is_within(name, but)
        )
        self._still = (*self._still, *kept)
        for module in kept:
            module.training = False
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(False)

    def unfreeze_stages(self, names: Iterable[str]) -> None:
        """Let the stages called ``names`` learn again, but for parts that ``keep_still`` holds.

        Raises:
            UnknownNameError: the trunk has no such stage.
        """
        places = [self.index(name) for name in names]
        self.frozen_until = min([self.frozen_until, *places])
        self.frozen_stages -= {self._names[place] for place in places}
        for place in places:
            self.stages[self._names[place]].requires_grad_(True)
        for module in self._still:
            for parameter in module.parameters(recurse=False):
                parameter.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Trunk:
        """Set training or evaluation mode, for what is not frozen."""
        if self.training and not mode:
            self._copies = {n: c for n, c in self._copies.items() if n in self.frozen_stages}
        super().train(mode)
        for name in self.frozen_stages:
            self.stages[name].eval()
        for module in self._still:
            module.training = False
        return self

    def split(self, at: str) -> tuple[nn.Module, nn.Module]:
        """The stages before ``at`` and the stages from ``at`` on, as two modules that share this trunk's tensors.

        Raises:
            UnknownNameError: the trunk has no such stage.
        """
        middle = self.index(at)
        return TrunkPart(self, 0, middle), TrunkPart(self, middle, len(self._names))

    def describe(self) -> Description:
        """Per layer: output shape, activation memory, parameters; with totals."""
        from rltransfer.trunks.description import describe

        return describe(self)

    def save(self, directory: Path | str, *, provenance: Mapping[str, Any] | None = None) -> None:
        """Write ``trunk.safetensors`` and ``trunk.json`` into ``directory``; ``load_trunk`` reads them back."""
        from rltransfer.trunks.artifact import save_trunk

        save_trunk(self, directory, provenance=provenance)

    def clone(self) -> Trunk:
        """An independent copy with the same weights."""
        with weights_put_in_later():
            other = self.spec.build(self.input_shape)
        other.load_state_dict(self.state_dict())
        return other.to(self.device)

    def apply(self, fn: Callable[[nn.Module], None]) -> Trunk:
        """As in torch, but what published weights were put into is left alone.

        Stable-Baselines3 draws the weights of a policy anew through this, after its trunk was built.
        """
        return super().apply(lambda module: None if getattr(module, "weights_are_given", False) else fn(module))

    def named_stage_parameters(self) -> Iterator[tuple[str, str, nn.Parameter]]:
        """(stage, parameter name, parameter) of every parameter, in order."""
        for stage in self._names:
            for name, parameter in self.stages[stage].named_parameters():
                yield stage, f"{stage}.{name}", parameter

    def _apply(self, fn: Any, recurse: bool = True) -> Trunk:
        self._copies = {}
        self._arithmetic = None
        return cast(Trunk, super()._apply(fn, recurse))  # type: ignore[no-untyped-call]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_copies": {}}

    def _dtype(self) -> torch.dtype:
        if self._arithmetic is None:
            # Not before the first use: Stable-Baselines3 initialises weights orthogonally after building a trunk,
            # which fails on weights laid out channels-last.
            if self._convolutional:
                self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            chosen = choose_precision(self.spec.precision, self.device, convolutional=self._convolutional)
            self._arithmetic = getattr(torch, chosen)
        return self._arithmetic

    @property
    def reads_pixels(self) -> bool:
        """Whether the first stage takes uint8 pixels itself; for other trunks they are divided by 255 before it."""
        return reads_pixels(self.stages[self._names[0]])

    def _learns(self, names: tuple[str, ...]) -> bool:
        """Whether any of these stages may be in the middle of an update."""
        return self.training and any(name not in self.frozen_stages for name in names)

    def _stage_in(self, dtype: torch.dtype, name: str) -> nn.Module:
        """Stage ``name`` with its weights in ``dtype``, cast anew where they may have changed since."""
        stage = self.stages[name]
        steps = -1 if name in self.frozen_stages else _STEPS.taken
        now = (dtype, steps, *((t.data_ptr(), t._version) for t in (*stage.parameters(), *stage.buffers())))
        kept = self._copies.get(name)
        if kept is None or kept[0] != now:
            from rltransfer.trunks.packing import cast_stage

            copied = cast_stage(stage, dtype)
            kept = self._copies[name] = (now, copied)
        return kept[1]

    @torch.no_grad()
    def _measure_shapes(self) -> list[tuple[int, ...]]:
        """Shape of one example at the entrance of each stage and at the end."""
        shapes = [self.input_shape]
        device = next((parameter.device for parameter in self.parameters()), None)
        with evaluating(self.stages):
            for name in self._names:
                probe = torch.zeros((1, *shapes[-1]), device=device)
                shapes.append(tuple(self.stages[name](probe).shape[1:]))
        if len(shapes[-1]) != 1:
            raise ConfigError(f"a trunk ends in one feature vector; this one ends in shape {shapes[-1]}")
        return shapes


class TrunkPart(nn.Module):
    """Some consecutive stages of a trunk, sharing its tensors."""

    def __init__(self, trunk: Trunk, start: int, stop: int) -> None:
        super().__init__()
        self.stages = nn.ModuleDict({name: trunk.stages[name] for name in trunk.stage_names[start:stop]})
        self._trunk = [trunk]  # in a list, so that the trunk is not registered as a submodule
        self._start, self._stop = start, stop

    def forward(self, inputs: Tensor) -> Tensor:
        """What enters the first stage of the part -> what leaves its last, float32."""
        return self._trunk[0](inputs, self._start, self._stop)  # type: ignore[no-any-return]


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode within the block, so that what passes through leaves no trace in batch-norm statistics."""
    training = [part for part in module.modules() if part.training]
    module.eval()
    try:
        yield
    finally:
        for part in training:
            part.training = True


def require_image(name: str, input_shape: tuple[int, ...], smallest: int) -> tuple[int, int, int]:
    """``input_shape`` as (channels, height, width).

    Raises:
        SpaceMismatchError: not an image, or one smaller than ``smallest`` pixels on a side.
    """
    if len(input_shape) != 3:
        raise SpaceMismatchError(
            f"trunk {name!r} reads images (channels, height, width), not observations of shape {input_shape}. "
            "Use trunk 'mlp' for vectors."
        )
    channels, height, width = input_shape
    if min(height, width) < smallest:
        raise SpaceMismatchError(
            f"trunk {name!r} needs images of at least {smallest} x {smallest} pixels, not {height} x {width}. "
            "Resize the observation, or use trunk 'impala', 'grid' or 'mlp'."
        )
    return channels, height, width


def _is_within(name: str, modules: tuple[str, ...]) -> bool:
    """Whether ``name`` is that of one of ``modules``, or of something below one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _apply(stages: nn.ModuleDict, names: tuple[str, ...], inputs: Tensor) -> Tensor:
    for name in names:
        inputs = stages[name](inputs)
    return inputs
