"""Every family keeps what every family promises."""

import pytest

from rltransfer.errors import MissingExtraError
from rltransfer.registry import FAMILIES
from rltransfer.tasks.conformance import CHECKS, NOT_OFFERED, Effort

EFFORTS = {
    "atari": Effort(copies=4, steps=40, most_tasks=4),
    "bipedal": Effort(copies=8, steps=40, most_tasks=4),
    "highway": Effort(copies=2, steps=6, ending_copies=1, most_tasks=2),
    "locomotion": Effort(copies=16, steps=40, most_tasks=8),
    "racing": Effort(copies=2, steps=8, ending_copies=1, most_tasks=2),
    "vizdoom": Effort(copies=2, steps=12, ending_copies=2, most_tasks=3),
}
"""Less for simulators that take their time; the whole suite is ``rltransfer check-family``."""
BRIEF = {
    "acrobot": Effort(copies=12),
    "arm": Effort(copies=16, most_tasks=6),
    "atari": Effort(copies=3, steps=24, upstream_steps=60, most_tasks=2),
    "bipedal": Effort(copies=4, steps=40, upstream_steps=60, most_tasks=2),
    "locomotion": Effort(copies=6, steps=40, upstream_steps=60, ending_copies=3, most_tasks=3),
    "minigrid": Effort(copies=12, upstream_steps=60, most_tasks=5),
    "rover": Effort(copies=16, most_tasks=6),
    "vizdoom": Effort(copies=2, steps=8, upstream_steps=30, ending_copies=2, most_tasks=2),
}
"""Still less, for what runs with every change: fewer copies, and a few tasks for all of them."""
SLOW = {"atari", "highway", "racing", "vizdoom"}
"""Whose rollouts take minutes: what needs many of them is left to ``make test-slow``."""
NEEDS_MANY_ROLLOUTS = {
    "factors act",
    "idle where declared",
    "ends are told truly",
    "deterministic",
    "randomised every episode",
}
SLOWEST = {"highway", "racing"}
NEEDS_SOME_ROLLOUTS = {"empty variation is upstream", "state round trip"}
NOT_OFFERED_BY = {
    "empty variation is upstream": {"rover", "arm"},
    "state round trip": {"vizdoom"},
}
"""Which families may leave out which check; no other may."""


def is_slow(family, check):
    return (family in SLOW and check in NEEDS_MANY_ROLLOUTS) or (family in SLOWEST and check in NEEDS_SOME_ROLLOUTS)


PROMISES = [
    pytest.param(name, check, marks=pytest.mark.slow if is_slow(name, check) else ())
    for name in FAMILIES.names()
    for check in CHECKS
]


@pytest.mark.parametrize(("family", "check"), PROMISES)
def test_a_family_keeps_its_promises(family, check):
    whole = EFFORTS.get(family, Effort())
    keeps(family, check, whole if is_slow(family, check) else BRIEF.get(family, whole))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "check"), [(name, check) for name in BRIEF for check in CHECKS if not is_slow(name, check)]
)
def test_a_family_keeps_them_in_more_copies_and_tasks(family, check):
    keeps(family, check, EFFORTS.get(family, Effort()))


def keeps(family, check, effort):
    found = FAMILIES.get(family)
    try:
        found.spaces(found.task())
    except MissingExtraError as error:
        pytest.skip(str(error))
    detail = CHECKS[check](found, effort)
    assert not detail.startswith(NOT_OFFERED) or family in NOT_OFFERED_BY[check], detail
