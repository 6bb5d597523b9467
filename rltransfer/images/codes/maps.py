"""A map of codes in two dimensions for each stage: how classes come apart from low stages to high ones."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.files import require_ending, write_atomically
from rltransfer.images.codes.computing import Codes
from rltransfer.images.codes.nearest import separation
from rltransfer.images.data.sets import LabelledSet
from rltransfer.progress import tracked

COMPONENTS = 50
"""Principal components that t-SNE starts from, as van der Maaten and Hinton took."""
LEGEND_CLASSES = 20
"""More classes are not told apart by a legend."""


@dataclass(frozen=True, eq=False)
class CodesMap:
    """Places of the examples at each stage, and how well their classes are apart.

    Args:
        places: stage name to (n, 2).
        separation: stage name to the share of examples whose class is that of most of their neighbours in code space
            (not on the map); see ``codes.separation``.
        chance: the share of the largest class.
    """

    places: Mapping[str, npt.NDArray[np.float64]]
    separation: Mapping[str, float]
    chance: float


def map_codes(codes: Codes, data: LabelledSet, *, perplexity: float = 30, count: int = 5, seed: int = 0) -> CodesMap:
    """PCA to 50 numbers, then t-SNE to 2, for each stage of ``codes``.

    Args:
        codes: of ``data``.
        data: whose labels are used for the numbers, not for the places.
        perplexity: neighbours that t-SNE keeps near, about; less shows smaller clusters. At most a third of
            the examples.
        count: neighbours of the separation.
        seed: of t-SNE.

    Raises:
        DataError: codes of other data, or fewer than 8 examples.

    Source: van der Maaten and Hinton 2008, "Visualizing Data using t-SNE"; shown for each stage as in Donahue et al.
    2014, "DeCAF", Figure 1.
    """
    if len(codes.features) != len(data):
        raise DataError(f"{len(codes.features)} codes are not of {len(data)} examples.")
    if len(data) < 8:
        raise DataError(f"a map needs at least 8 examples, not {len(data)}.")
    usable = min(perplexity, (len(data) - 1) / 3)
    stages = tracked(codes.stages.items(), "placing codes of each stage")
    return CodesMap(
        {stage: _places(values, usable, seed) for stage, values in stages},
        {stage: separation(values, data.labels, count=count) for stage, values in codes.stages.items()},
        chance=float(data.counts().max() / len(data)),
    )


def _places(codes: npt.NDArray[np.float32], perplexity: float, seed: int) -> npt.NDArray[np.float64]:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    values = np.asarray(codes, np.float64)
    if not np.ptp(values, axis=0).any():  # all codes are equal: so are their places
        return np.zeros((len(values), 2))
    reduced = PCA(min(COMPONENTS, *values.shape), random_state=seed).fit_transform(values)
    scaled = reduced / reduced[:, 0].std()
    placed = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(scaled)
    return np.asarray(placed, np.float64)


def draw_map(mapped: CodesMap, data: LabelledSet, path: Path | str) -> None:
    """Write a PNG with a panel a stage; each example is a point, coloured by its class.

    Raises:
        ConfigError: ``path`` does not end in ``.png``.
        DataError: a map of other data.
    """
    from matplotlib import colormaps
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    require_ending(path, ".png")
    if any(len(places) != len(data) for places in mapped.places.values()):
        raise DataError(f"the map is not of these {len(data)} examples.")
    columns = min(4, len(mapped.places))
    rows = math.ceil(len(mapped.places) / columns)
    figure = Figure(figsize=(3.2 * columns + 1.6, 3.3 * rows + 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    present = np.flatnonzero(data.counts())
    colours = colormaps["tab10" if len(present) <= 10 else "tab20" if len(present) <= 20 else "hsv"]
    for axis, (stage, places) in zip(axes, mapped.places.items(), strict=False):
        for number, kind in enumerate(present):
            at = places[data.labels == kind]
            shade = number if len(present) <= 20 else number / len(present)
            axis.scatter(
                at[:, 0], at[:, 1], s=6, color=colours(shade), label=_plain(data.class_names[kind]), linewidths=0
            )
        axis.set_title(f"{stage}: {100 * mapped.separation[stage]:.1f}% by neighbours", fontsize=10)
    for axis in axes:
        axis.set_axis_off()
    if len(present) <= LEGEND_CLASSES:
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8, markerscale=2)
    figure.suptitle(f"codes by stage; chance {100 * mapped.chance:.1f}%", fontsize=11)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=140)
    write_atomically(path, picture.getvalue())


def _plain(name: str) -> str:
    """A class's name as text that matplotlib takes as it is: no formulas, none that hides it from the legend."""
    return " ".join(name.split()).replace("$", r"\$").lstrip("_")
