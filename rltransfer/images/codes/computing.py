"""Codes: what a trunk makes of images at each stage, computed once for a trunk, a data set and a preprocessing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError, DataError, SpaceMismatchError, UnknownNameError
from rltransfer.images.codes.cache import CodesFolder, codes_key
from rltransfer.images.codes.inputs import InputFit
from rltransfer.images.data.sets import ImageSet
from rltransfer.progress import tracked
from rltransfer.registry import nearest
from rltransfer.trunks.preprocessing import Preprocessing

if TYPE_CHECKING:
    from torch import Tensor

    from rltransfer.trunks import Trunk

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Codes:
    """Codes of the images of one set.

    Args:
        stages: stage name to (n, d) float32: what leaves that stage.
        key: the hash that they are kept under: of weights, architecture, arithmetic, preprocessing and images.
        precision: the arithmetic they were computed in.
    """

    stages: Mapping[str, Floats]
    key: str
    precision: str

    @property
    def features(self) -> Floats:
        """(n, d) float32: codes of the last of the stages."""
        return self.stages[next(reversed(list(self.stages)))]


def codes_of(
    trunk: Trunk,
    data: ImageSet,
    *,
    stages: Sequence[str] | None = None,
    grid: int = 4,
    batch_size: int = 64,
    preprocessing: Preprocessing | None = None,
    cache: Path | str | None = None,
) -> Codes:
    """Codes of all images of ``data``.

    Args:
        trunk: in evaluation mode while it computes; its weights stay as they are.
        data: images of any size; see ``InputFit`` for what is done to them.
        stages: whose outputs are wanted; the last alone where None.
        grid: feature maps are averaged over ``grid x grid`` parts, so that a stage's codes have ``grid**2`` numbers a
            channel. More parts tell more exactly where things are, 1 forgets it; 0 keeps whole maps, which are large.
        batch_size: images computed at once; costs memory, changes no more than rounding.
        preprocessing: what photographs go through; the trunk's own where None.
        cache: folder in which codes are kept and found again, memory-mapped. Where None they stay in memory.

    Raises:
        UnknownNameError: the trunk has no such stage.
        SpaceMismatchError: the trunk does not read images.
        DataError: no images, or images that cannot be brought to its input.
        ConfigError: no stage is asked for, numbers that cannot be, or a cache that cannot be written.

    Source: Donahue et al. 2014, "DeCAF: A Deep Convolutional Activation Feature"; the grid of averages after He et al.
    2014, "Spatial Pyramid Pooling in Deep Convolutional Networks", its 4 is own choice.
    """
    wanted = _checked_stages(trunk, stages)
    if len(trunk.input_shape) != 3:
        raise SpaceMismatchError(f"codes are of images, but this trunk reads observations of shape {trunk.input_shape}")
    if not isinstance(data, ImageSet):
        raise DataError(f"codes are of images, and this is a {type(data).__name__}: its examples are codes already.")
    if not len(data):
        raise DataError("there are no images to compute codes of.")
    if batch_size < 1 or grid < 0:
        raise ConfigError(f"batch_size is {batch_size} and grid {grid}, but must be at least 1 and 0.")
    channels, height, width = trunk.input_shape
    fit = InputFit((channels, height, width), preprocessing or trunk.spec.preprocessing)
    key = codes_key(trunk, data, fit.described(), grid=grid)
    folder = None if cache is None else CodesFolder(Path(cache) / key)
    found = {} if folder is None else folder.read(wanted, len(data))
    missing = tuple(stage for stage in wanted if stage not in found)
    if missing:
        if folder is not None:
            folder.make()
        computed = _computed(trunk, data, fit, missing, grid=grid, batch_size=batch_size)
        found |= computed if folder is None else folder.write(computed)
    return Codes({stage: found[stage] for stage in wanted}, key, trunk.precision)


def _checked_stages(trunk: Trunk, stages: Sequence[str] | None) -> tuple[str, ...]:
    """``stages`` in the trunk's order."""
    known = trunk.stage_names
    wanted = (known[-1],) if stages is None else tuple(stages)
    if not wanted:
        raise ConfigError(f"stages: names none. Give some of: {', '.join(known)}")
    for stage in wanted:
        if stage not in known:
            raise UnknownNameError("stage", stage, known, nearest(stage, known))
    return tuple(stage for stage in known if stage in wanted)


def _computed(
    trunk: Trunk, data: ImageSet, fit: InputFit, stages: tuple[str, ...], *, grid: int, batch_size: int
) -> dict[str, Floats]:
    """(n, d) of each stage, in one pass over the images."""
    import torch

    from rltransfer.trunks.trunk import evaluating

    places = [trunk.index(stage) + 1 for stage in stages]
    codes: dict[str, Floats] = {}
    row = 0
    batches = tracked(_batches(data, fit, batch_size), "computing codes", total=-(-len(data) // batch_size))
    with evaluating(trunk), torch.inference_mode():
        for batch in batches:
            outputs, start = torch.from_numpy(batch).to(trunk.device), 0
            for stage, stop in zip(stages, places, strict=True):
                outputs, start = trunk(outputs, start, stop), stop
                flat = _flat(outputs, grid)
                if stage not in codes:
                    codes[stage] = np.empty((len(data), flat.shape[1]), np.float32)
                codes[stage][row : row + len(batch)] = flat.cpu().numpy()
            row += len(batch)
    return codes


def _batches(data: ImageSet, fit: InputFit, batch_size: int) -> Iterator[npt.NDArray[np.uint8]]:
    """(batch, channels, height, width) uint8; the next is prepared while one is computed with."""

    def prepared(start: int) -> npt.NDArray[np.uint8]:
        return np.stack([fit(data.images[row]) for row in range(start, min(start + batch_size, len(data)))])

    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(prepared, 0)
        for start in range(batch_size, len(data), batch_size):
            batch, coming = coming.result(), ahead.submit(prepared, start)
            yield batch
        yield coming.result()


def _flat(outputs: Tensor, grid: int) -> Tensor:
    """(batch, ...) -> (batch, d)."""
    from torch.nn import functional

    if outputs.dim() == 4 and grid and max(outputs.shape[2:]) > grid:
        outputs = functional.adaptive_avg_pool2d(outputs, grid)
    return outputs.flatten(1)
