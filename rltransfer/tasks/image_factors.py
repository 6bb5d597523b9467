"""Appearance and sensor factors for any family whose simulator gives colour images; imports no simulator.

A family adds ``IMAGE_FACTORS``, or those of them it wants, to its own factors, and wraps its environment by
``with_image_factors``. Order of effects: light (hue, brightness, inversion), then the lens (occlusion), then the
sensor (grayscale, noise). Put it before frames are stacked, so that the noise of each frame stays its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.factor import Factor, FactorValue

if TYPE_CHECKING:
    from gymnasium import Env

IMAGE_FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor(
            name="brightness",
            kind="appearance",
            default=1.0,
            low=0.4,
            high=1.6,
            unit="1",
            description="every colour multiplied by it, cut off at white",
        ),
        Factor(
            name="hue",
            kind="appearance",
            default=0.0,
            low=-180.0,
            high=180.0,
            unit="deg",
            usual=(-60.0, 60.0),
            description="every colour turned around the grey axis, luminance kept",
        ),
        Factor(name="invert", kind="appearance", default=False, description="the negative of the picture"),
        Factor(
            name="occlusion",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=0.4,
            unit="1",
            description="side of a dark patch on the lens, relative to the picture, at a random place each episode",
        ),
        Factor(name="grayscale", kind="sensor", default=False, description="three equal channels of luminance"),
        Factor(
            name="noise",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=60.0,
            unit="grey levels",
            description="standard deviation of the normal noise on each pixel",
        ),
    )
}
"""By name. All defaults together are the identity."""


def with_image_factors(env: Env[Any, Any], values: Mapping[str, FactorValue]) -> Env[Any, Any]:
    """``env`` as seen under the image factors among ``values``; ``env`` itself where all have their defaults.

    Args:
        env: observes (height, width, 3) uint8.
        values: factor values, as ``Variation.full`` gives them; other families' factors among them are not looked at.

    Raises:
        SpaceMismatchError: a factor differs from its default and observations are not colour images.
    """
    chosen = {name: values.get(name, factor.default) for name, factor in IMAGE_FACTORS.items()}
    if all(chosen[name] == factor.default for name, factor in IMAGE_FACTORS.items()):
        return env
    from rltransfer.tasks.image_effects import ImageEffects

    return ImageEffects(
        env,
        brightness=float(chosen["brightness"]),
        hue=float(chosen["hue"]),
        invert=bool(chosen["invert"]),
        occlusion=float(chosen["occlusion"]),
        grayscale=bool(chosen["grayscale"]),
        noise=float(chosen["noise"]),
    )
