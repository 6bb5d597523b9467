"""What changes in a ViZDoom scenario, as plain data."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor
from rltransfer.tasks.image_factors import IMAGE_FACTORS

DIFFICULTIES = ("scenario", "1", "2", "3", "4", "5")
TEXTURES = ("scenario", "brick", "metal", "wood")
STARTS = ("anywhere", "near", "far")

RENDER_SETTINGS = ("hud", "crosshair", "weapon", "decals", "particles")
"""Factors that are ViZDoom's ``render_<name>``."""

FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor(
            name="textures",
            kind="appearance",
            default="scenario",
            choices=TEXTURES,
            description="walls, floors and ceilings; what was different stays different",
        ),
        Factor(name="hud", kind="appearance", default=False, description="the bar with health and ammunition"),
        Factor(name="crosshair", kind="appearance", default=False, description="a mark in the middle of the view"),
        Factor(name="weapon", kind="appearance", default=True, description="the weapon in the player's hands"),
        Factor(name="decals", kind="appearance", default=True, description="marks that shots leave on walls"),
        Factor(name="particles", kind="appearance", default=True, description="dust and sparks"),
        *(IMAGE_FACTORS[name] for name in ("brightness", "hue", "invert")),
        Factor(
            name="frame_skip",
            kind="dynamics",
            default=4,
            low=1,
            high=8,
            unit="tics",
            usual=(3, 5),
            description="tics of 1/35 s that an action is held",
        ),
        Factor(
            name="sticky",
            kind="dynamics",
            default=0.0,
            low=0.0,
            high=0.5,
            unit="1",
            usual=(0.0, 0.25),
            description="chance that the former action is repeated in place of the chosen one",
        ),
        Factor(
            name="speed",
            kind="dynamics",
            default=1.0,
            low=0.4,
            high=2.0,
            unit="1",
            description="of walking, relative to the game's own",
        ),
        Factor(
            name="difficulty",
            kind="dynamics",
            default="scenario",
            choices=DIFFICULTIES,
            description="Doom's skill level: how much shots hurt, how many and how fast monsters are",
        ),
        Factor(name="fast_monsters", kind="dynamics", default=False, description="monsters move and shoot faster"),
        Factor(
            name="maze",
            kind="layout",
            default=False,
            tasks=("health-gathering",),
            description="its supreme map, a maze with poison among the medikits",
        ),
        Factor(
            name="start",
            kind="layout",
            default="anywhere",
            choices=STARTS,
            tasks=("my-way-home",),
            description="in any of 17 places, in the nearest to the vest or in the farthest",
        ),
        Factor(
            name="field_of_view",
            kind="sensor",
            default=90.0,
            low=60.0,
            high=130.0,
            unit="deg",
            description="width of what the camera sees",
        ),
        *(IMAGE_FACTORS[name] for name in ("occlusion", "grayscale", "noise")),
    )
}
"""Every factor of the family, by name."""
