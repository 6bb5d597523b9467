"""What the five systems have in common, as plain data: how they are observed, and short ways to declare a factor.

Imports no simulator. Where Packer et al. 2018 gives ranges, a factor's ``usual`` is their R (training and
interpolation) and its bounds are their E (extrapolation). Their table 1 was checked against their code
(sunblaze-ucb/rl-generalization, ``sunblaze_envs/classic_control.py``). All other bounds are our own choice: wide
enough to matter, narrow enough that the system remains what it is.

Source: Packer et al. 2018, "Assessing Generalization in Deep Reinforcement Learning", table 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from rltransfer.tasks.factor import Factor, FactorKind, FactorValue

PIXELS: Mapping[str, tuple[FactorValue, ...]] = {"observation": ("pixels",)}
"""Without which what concerns pixels has no effect."""
PALETTES = ("day", "dusk", "night", "shifted")
TEXTURES = ("plain", "checker", "stripes", "noise")


def number(  # noqa: PLR0917 -- a table row
    name: str,
    kind: FactorKind,
    default: float,
    low: float,
    high: float,
    unit: str,
    description: str,
    *,
    usual: tuple[float, float] | None = None,
    tasks: tuple[str, ...] | None = None,
    requires: Mapping[str, tuple[FactorValue, ...]] | None = None,
    shown_with: Mapping[str, FactorValue] | None = None,
) -> Factor:
    """A factor that is a number."""
    return Factor(
        name=name,
        kind=kind,
        default=default,
        low=low,
        high=high,
        unit=unit,
        description=description,
        usual=usual,
        tasks=tasks,
        requires=requires or {},
        shown_with=shown_with or {},
    )


def choice(
    name: str,
    kind: FactorKind,
    choices: tuple[str, ...],
    description: str,
    *,
    tasks: tuple[str, ...] | None = None,
    requires: Mapping[str, tuple[FactorValue, ...]] | None = None,
    changes_space: bool = False,
) -> Factor:
    """A factor that is a word; the first choice is the default."""
    return Factor(
        name=name,
        kind=kind,
        default=choices[0],
        choices=choices,
        description=description,
        tasks=tasks,
        requires=requires or {},
        changes_space=changes_space,
    )


def _seen(  # noqa: PLR0917 -- a table row
    name: str, kind: FactorKind, default: float, low: float, high: float, unit: str, description: str
) -> Factor:
    return number(name, kind, default, low, high, unit, description, requires=PIXELS)


OBSERVED: tuple[Factor, ...] = (
    choice(
        "observation",
        "sensor",
        ("vector", "pixels"),
        "upstream's numbers, or a drawn frame of 64 by 64 pixels",
        changes_space=True,
    ),
    number(
        "observation_noise",
        "sensor",
        0.0,
        0.0,
        0.2,
        "1",
        "deviation of a vector's noise, relative to its scales",
        requires={"observation": ("vector",)},
    ),
    choice("palette", "appearance", PALETTES, "colours of everything in the scene", requires=PIXELS),
    _seen("brightness", "appearance", 1.0, 0.4, 1.5, "1", "of the whole scene; less is darker"),
    choice("texture", "appearance", TEXTURES, "pattern of the background", requires=PIXELS),
    _seen("distractors", "appearance", 0, 0, 6, "", "coloured things without effect, every other one moving"),
    _seen("camera_x", "sensor", 0.0, -0.1, 0.1, "frames", "the camera moved to the right, in widths of the frame"),
    _seen("camera_y", "sensor", 0.0, -0.1, 0.1, "frames", "the camera moved up, in heights of the frame"),
    _seen("camera_rotation", "sensor", 0.0, -30.0, 30.0, "deg", "the camera turned counter-clockwise"),
    _seen("camera_zoom", "sensor", 1.0, 0.8, 1.25, "1", "magnification"),
    _seen("noise", "sensor", 0.0, 0.0, 60.0, "grey levels", "standard deviation of the noise on each pixel"),
    _seen("blur", "sensor", 0, 0, 4, "", "passes of a 3 by 3 binomial blur"),
    _seen("occlusion", "sensor", 0.0, 0.0, 0.4, "1", "side of a dark patch on the lens, relative to the frame"),
    Factor(
        name="grayscale",
        kind="sensor",
        default=False,
        description="three equal channels of luminance",
        requires=PIXELS,
    ),
    Factor(
        name="afterimage",
        kind="sensor",
        default=True,
        description="a faint image of where things came from: shows velocities",
        requires=PIXELS,
    ),
)
"""How a system is observed; the last factors of every family."""


def by_name(*factors: Factor) -> dict[str, Factor]:
    """The physical factors of a system, followed by how it is observed."""
    return {factor.name: factor for factor in (*factors, *OBSERVED)}
