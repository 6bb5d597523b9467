"""A factor takes what it declares, in its own type, and says in one line what is wrong with anything else."""

import math

import pytest

from rltransfer.errors import ConfigError
from rltransfer.tasks import Factor

RATIO = Factor(name="slip", kind="dynamics", default=0.0, low=0.0, high=0.5, unit="1")
SPEED = Factor(name="speed", kind="dynamics", default=0.6, low=0.3, high=0.8, unit="m/s")
COUNT = Factor(name="walls", kind="layout", default=1, low=0, high=4)
FLAG = Factor(name="gray", kind="sensor", default=False)
CHOICE = Factor(name="palette", kind="appearance", default="day", choices=("day", "dusk", "night"))


@pytest.mark.parametrize(
    ("factor", "value", "valid"),
    [
        (SPEED, 0.5, 0.5),
        (SPEED, 0.3, 0.3),
        (SPEED, 0.8, 0.8),
        (RATIO, 0, 0.0),
        (COUNT, 4, 4),
        (COUNT, 3.0, 3),
        (FLAG, True, True),
        (CHOICE, "night", "night"),
    ],
)
def test_a_value_comes_back_in_the_factors_type(factor, value, valid):
    found = factor.validate(value)
    assert (found, type(found)) == (valid, type(factor.default))


@pytest.mark.parametrize(
    ("factor", "value", "message"),
    [
        (SPEED, 0.29, "factor 'speed' is 0.29, outside its bounds 0.3 to 0.8 m/s"),
        (SPEED, 0.81, "factor 'speed' is 0.81, outside its bounds 0.3 to 0.8 m/s"),
        (SPEED, "fast", "factor 'speed' is a number (0.3 to 0.8 m/s), not 'fast'"),
        (SPEED, True, "factor 'speed' is a number (0.3 to 0.8 m/s), not True"),
        (SPEED, math.nan, "factor 'speed' is a number (0.3 to 0.8 m/s), not nan"),
        (SPEED, math.inf, "factor 'speed' is a number (0.3 to 0.8 m/s), not inf"),
        (SPEED, None, "factor 'speed' is a number (0.3 to 0.8 m/s), not None"),
        (SPEED, [0.5], "factor 'speed' is a number (0.3 to 0.8 m/s), not [0.5]"),
        (COUNT, 1.5, "factor 'walls' is a whole number (0 to 4), not 1.5"),
        (COUNT, 5, "factor 'walls' is 5, outside its bounds 0 to 4"),
        (FLAG, 1, "factor 'gray' is true or false, not 1"),
        (FLAG, "yes", "factor 'gray' is true or false, not 'yes'"),
        (CHOICE, "noon", "factor 'palette' has no value 'noon'. Choose one of: day, dusk, night"),
        (CHOICE, 3, "factor 'palette' has no value 3. Choose one of: day, dusk, night"),
        (CHOICE, ["day"], "factor 'palette' has no value ['day']. Choose one of: day, dusk, night"),
    ],
)
def test_what_does_not_hold_is_refused_in_one_line(factor, value, message):
    with pytest.raises(ConfigError) as refused:
        factor.validate(value)
    assert str(refused.value) == message


def test_a_long_value_is_not_repeated_in_full():
    with pytest.raises(ConfigError) as refused:
        CHOICE.validate("x" * 10_000)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("factor", "extremes"),
    [
        (SPEED, (0.3, 0.8)),
        (RATIO, (0.5,)),  # its default is a bound, and no change
        (COUNT, (0, 4)),
        (FLAG, (True,)),
        (CHOICE, ("dusk", "night")),
        (Factor(name="free", kind="dynamics", default=1.0), ()),
        (Factor(name="half", kind="dynamics", default=1.0, low=0.5), (0.5,)),
    ],
)
def test_extremes_are_the_valid_values_farthest_from_the_default(factor, extremes):
    assert factor.extremes() == extremes
    assert all(type(value) is type(factor.default) for value in extremes)
    assert all(factor.validate(value) == value != factor.default for value in extremes)


@pytest.mark.parametrize(
    ("factor", "bounds"),
    [
        (SPEED, "0.3 to 0.8 m/s"),
        (RATIO, "0.0 to 0.5"),
        (COUNT, "0 to 4"),
        (FLAG, "true or false"),
        (CHOICE, "day, dusk, night"),
        (Factor(name="low", kind="dynamics", default=1.0, low=0.5, unit="kg"), "at least 0.5 kg"),
        (Factor(name="high", kind="dynamics", default=1.0, high=2.0, unit="1"), "at most 2.0"),
        (Factor(name="free", kind="dynamics", default=1), "any number"),
        (
            Factor(name="w", kind="dynamics", default=1.0, low=16 / 3, high=4 * math.pi, unit="rad"),
            "5.333 to 12.57 rad",
        ),
    ],
)
def test_bounds_in_words(factor, bounds):
    assert factor.bounds == bounds


def test_a_factor_without_bounds_takes_any_finite_number():
    free = Factor(name="free", kind="dynamics", default=1.0)
    assert free.validate(-1e300) == -1e300
    with pytest.raises(ConfigError, match="any number"):
        free.validate(math.inf)
