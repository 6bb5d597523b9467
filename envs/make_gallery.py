"""Write README.md beside this file: every family with a picture, its spaces, robots, tasks and factors.

    python envs/make_gallery.py [FAMILY ...]

Pictures are the contact sheets of ``rltransfer show family NAME --png``. With names, only theirs are drawn anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from rltransfer.errors import MissingExtraError
from rltransfer.registry import FAMILIES
from rltransfer.report.contact_sheet import draw_contact_sheet
from rltransfer.tasks import Factor, Family
from rltransfer.tasks.factor import written

HERE = Path(__file__).parent
OPENING = """\
# Environment families

Each family is a world with three axes: **robot**, **task** and **environment**. A source is one point of a family,
usually the first robot and task in the default environment; a target changes one axis or several.

```bash
rltransfer list families
rltransfer show family rover --png rover.png     # the pictures below
rltransfer check-family rover                    # what every family promises, check by check
```
Factors have a kind. *Appearance* and *sensor* factors change what is seen and never rewards or ends; *dynamics* and
*layout* factors change what happens. **Usual** is the range that sources are trained in (`split: train`,
`interpolation`); what is allowed outside it is for `extrapolation`. Any factor can be drawn anew for every episode
(`randomize: [slip, palette]`), and the agent can be told the factors or not (`context: observed`).

This page is written by `python envs/make_gallery.py`.
"""


def main() -> None:
    """Draw the pictures and write the page."""
    wanted = sys.argv[1:] or list(FAMILIES)
    sections = []
    for name in FAMILIES:
        family = FAMILIES.get(name)
        picture = HERE / "gallery" / f"{name}.png"
        if name in wanted:
            try:
                draw_contact_sheet(family, picture)
            except MissingExtraError as error:
                sys.exit(str(error))
        sections.append("\n".join(section(family, picture)))
    index = "\n".join(f"- [{name}](#{name}): {FAMILIES.get(name).summary}" for name in FAMILIES)
    (HERE / "README.md").write_text("\n".join([OPENING, index, "", *sections]), encoding="utf-8")


def section(family: Family, picture: Path) -> Iterator[str]:
    """A family's part of the page, line by line."""
    yield f"## {family.name}"
    yield f"{family.summary[0].upper()}{family.summary[1:]}."
    if family.extra:
        yield f'`pip install "rltransfer[{family.extra}]"`'
    yield ""
    yield f"![{family.name}: robots, tasks and every factor at its bounds](gallery/{picture.name})"
    yield ""
    yield "| robot | | observations | actions |"
    yield "|---|---|---|---|"
    for robot, about in family.robots.items():
        observation, action = family.spaces(family.task(robot=robot))
        yield f"| `{robot}` | {about} | `{short(observation)}` | `{short(action)}` |"
    yield ""
    yield "| task | |"
    yield "|---|---|"
    for task, about in family.tasks.items():
        yield f"| `{task}` | {about} |"
    yield ""
    yield "| factor | kind | default | allowed | usual | effect |"
    yield "|---|---|---|---|---|---|"
    for factor in family.factors.values():
        yield row(factor)
    yield ""


def row(factor: Factor) -> str:
    """A factor's line of the table."""
    cells = (
        f"`{factor.name}`",
        factor.kind,
        written(factor.default),
        factor.bounds,
        factor.usual_bounds,
        factor.effect,
    )
    return f"| {' | '.join(cells)} |"


def short(space: object) -> str:
    """A space in a few characters: ``Box(64, 64, 3) uint8``, ``Discrete(4)``."""
    shape, dtype = getattr(space, "shape", ()), getattr(space, "dtype", "")
    return f"Box{tuple(shape)} {dtype}" if shape else str(space)


if __name__ == "__main__":
    main()
