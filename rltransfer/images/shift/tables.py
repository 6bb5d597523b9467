"""Distributions of two domains side by side, as Markdown."""

from __future__ import annotations

import math

from rltransfer.images.shift.counting import Array, Joint, Shift


def distributions_table(source: Joint, target: Joint) -> str:
    """P(x, y), P(x) and P(y|x) of both domains: a row a value of x, the source's number before the target's."""
    heads = [f"P(x, {name})" for name in source.classes] + ["P(x)"] + [f"P({name} given x)" for name in source.classes]
    lines = [f"| x | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for row, value in enumerate(source.values):
        cells = [_pair(source.joint[row, k], target.joint[row, k]) for k in range(len(source.classes))]
        cells.append(_pair(source.of_x[row], target.of_x[row]))
        cells += [_pair(source.y_given_x[row, k], target.y_given_x[row, k]) for k in range(len(source.classes))]
        lines.append(f"| {value} | {' | '.join(cells)} |")
    of_y: tuple[Array, Array] = (source.of_y, target.of_y)
    cells = [_pair(of_y[0][k], of_y[1][k]) for k in range(len(source.classes))]
    lines.append(f"| all | {' | '.join([*cells, _pair(1.0, 1.0)])} |{' |' * len(source.classes)}")
    return "\n".join(lines)


def shift_table(shift: Shift) -> str:
    """What differs, by how much and how surely."""
    lines = ["| distribution | distance | p |", "|---|---|---|"]
    for name, p_value in shift.p_values.items():
        escaped = name.replace("|", "\\|")  # a bar would end the cell
        lines.append(f"| {escaped} | {shift.distances[name]:.3f} | {p_value:.3g} |")
    return "\n".join([*lines, "", f"This is: {shift.kind}."])


def _pair(source: float, target: float) -> str:
    return " / ".join("-" if math.isnan(number) else f"{number:.3f}" for number in (source, target))
