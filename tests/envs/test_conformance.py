"""Every family keeps what every family promises."""

import pytest

from rltransfer.errors import MissingExtraError
from rltransfer.registry import FAMILIES
from rltransfer.tasks.conformance import CHECKS, NOT_OFFERED, Effort

EFFORTS = {
    "atari": Effort(copies=4, steps=40),
    "bipedal": Effort(copies=8, steps=40),
    "highway": Effort(copies=2, steps=10),
    "racing": Effort(copies=2, steps=20, upstream_steps=40),
    "vizdoom": Effort(copies=2, steps=20, upstream_steps=40),
}
"""Less for simulators that take their time; the whole suite is ``rltransfer check-family``."""
NOT_OFFERED_BY = {
    "empty variation is upstream": {"rover", "arm"},
    "state round trip": {"bipedal", "racing", "highway", "vizdoom", "lunar-lander"},
}
"""Which families may leave out which check; no other may."""


@pytest.mark.parametrize("family", FAMILIES.names())
@pytest.mark.parametrize("check", list(CHECKS))
def test_a_family_keeps_its_promises(family, check):
    found = FAMILIES.get(family)
    try:
        found.spaces(found.task())
    except MissingExtraError as error:
        pytest.skip(str(error))
    detail = CHECKS[check](found, EFFORTS.get(family, Effort()))
    assert not detail.startswith(NOT_OFFERED) or family in NOT_OFFERED_BY[check], detail
