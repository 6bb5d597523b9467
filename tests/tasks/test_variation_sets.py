"""Training, interpolation and extrapolation sets: where values lie, that they are all reached, and repeatability."""

import numpy as np
import pytest

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.tasks import Factor
from rltransfer.tasks.variation_sets import draw_value, draw_variation, grid_variations, why_not_drawn

NUMBER = Factor(name="force", kind="dynamics", default=10.0, low=1.0, high=20.0, usual=(5.0, 15.0))
HALFWAY = Factor(name="slip", kind="dynamics", default=0.0, low=0.0, high=0.8)
WHOLE = Factor(name="walls", kind="layout", default=2, low=0, high=8)
CHOICE = Factor(name="palette", kind="appearance", default="day", choices=("day", "dusk", "night", "noon"))
SWITCH = Factor(name="gray", kind="sensor", default=False)
FACTORS = {factor.name: factor for factor in (NUMBER, HALFWAY, WHOLE, CHOICE, SWITCH)}
DRAWS = 4_000


def drawn(factor, split):
    rng = np.random.default_rng(0)
    return [draw_value(factor, rng, split) for _ in range(DRAWS)]


@pytest.mark.parametrize("split", ["train", "interpolation"])
def test_training_values_fill_the_usual_range(split):
    values = np.array(drawn(NUMBER, split))
    assert (values.min() >= 5, values.max() <= 15) == (True, True)
    assert values.mean() == pytest.approx(10, abs=0.2)  # uniform: standard error 2.89 / sqrt(4000) = 0.05
    assert values.std() == pytest.approx(10 / np.sqrt(12), rel=0.05)


def test_extrapolation_lies_on_both_sides_by_their_widths():
    values = np.array(drawn(NUMBER, "extrapolation"))
    below, above = values < 5, values > 15
    assert (below | above).all()
    assert ((values >= 1) & (values <= 20)).all()
    assert below.mean() == pytest.approx(4 / 9, abs=0.03)  # [1, 5] has 4 of the 4 + 5 units


def test_without_a_usual_range_it_is_half_way_to_each_bound():
    assert HALFWAY.usual_range == (0.0, 0.4)
    assert max(drawn(HALFWAY, "train")) <= 0.4 < min(drawn(HALFWAY, "extrapolation"))
    assert max(drawn(HALFWAY, "full")) > 0.75


def test_whole_numbers_stay_whole_and_apart():
    assert WHOLE.usual_range == (1, 5)
    assert set(drawn(WHOLE, "train")) == {1, 2, 3, 4, 5}
    assert set(drawn(WHOLE, "extrapolation")) == {0, 6, 7, 8}
    assert set(drawn(WHOLE, "full")) == set(range(9))
    assert all(type(value) is int for value in drawn(WHOLE, "full"))


def test_choices_are_split_in_halves_with_the_default_in_training():
    assert set(drawn(CHOICE, "train")) == {"day", "dusk"}
    assert set(drawn(CHOICE, "extrapolation")) == {"night", "noon"}
    late = Factor(name="late", kind="appearance", default="noon", choices=("day", "dusk", "night", "noon"))
    assert set(drawn(late, "train")) == {"noon", "day", "dusk"}
    assert set(drawn(SWITCH, "train")) == {False}
    assert set(drawn(SWITCH, "extrapolation")) == {True}


def test_a_factor_that_is_usual_throughout_keeps_within_its_range():
    everywhere = Factor(name="x", kind="dynamics", default=0.5, low=0.0, high=1.0, usual=(0.0, 1.0))
    assert set(drawn(everywhere, "extrapolation")) <= set(np.clip(drawn(everywhere, "extrapolation"), 0, 1))


def test_a_variation_has_the_named_factors_alone():
    variation = draw_variation(FACTORS, np.random.default_rng(1), names=("walls",), split="extrapolation")
    assert set(variation) == {"walls"}
    with pytest.raises(UnknownNameError, match="Did you mean 'walls'"):
        draw_variation(FACTORS, np.random.default_rng(1), names=("wals",))


def test_a_grid_has_every_combination_once():
    grid = grid_variations(FACTORS, ("force", "palette"), points=3)
    assert len(set(grid)) == len(grid) == 12
    forces = {variation.get("force", 10.0) for variation in grid}
    assert forces == {1.0, 10.5, 20.0}
    assert {v.get("force", 10.0) for v in grid_variations(FACTORS, ("force",), split="train")} == {5.0, 10.0, 15.0}
    with pytest.raises(ConfigError, match="2 or more"):
        grid_variations(FACTORS, ("force",), points=1)


MODE = Factor(name="mode", kind="dynamics", default=0, low=0, high=44, usual=(0, 8), choices=(0, 4, 8, 40))


@pytest.mark.parametrize("factor", [CHOICE, SWITCH, MODE], ids=lambda factor: factor.name)
@pytest.mark.parametrize("split", ["train", "interpolation", "full"])
def test_a_grid_and_draws_have_the_same_choices(factor, split):
    grid = grid_variations({factor.name: factor}, (factor.name,), split=split)
    assert {variation.full()[factor.name] for variation in grid} == set(drawn(factor, split))


def test_a_number_with_choices_has_no_other_values():
    assert set(drawn(MODE, "train")) == {0, 4, 8}
    assert set(drawn(MODE, "extrapolation")) == {40}
    with pytest.raises(ConfigError, match=r"^factor 'mode' has no value 5. Choose one of: 0, 4, 8, 40$"):
        MODE.validate(5)


def test_a_usual_switch_is_drawn_in_training():
    both = Factor(name="pits", kind="layout", default=False, usual=(False, True))
    assert set(drawn(both, "train")) == {False, True}
    assert why_not_drawn(both, "train") is None


@pytest.mark.parametrize(
    ("factor", "split", "said"),
    [
        (SWITCH, "train", "factor 'gray' has one value in split 'train', False, .*: give 'split: full', or leave it"),
        (SWITCH, "extrapolation", "has one value in split 'extrapolation', True"),
        (MODE, "extrapolation", "'mode' has one value in split 'extrapolation', 40"),
        (Factor(name="n", kind="layout", default=3, low=2, high=4), "train", "'n' has one value in split 'train', 3"),
        (Factor(name="x", kind="dynamics", default=1.0, low=0.0, high=2.0, usual=(1.0, 1.0)), "train", "1.0"),
        (Factor(name="view", kind="sensor", default="a", choices=("a", "b"), changes_space=True), "full", "space"),
    ],
)
def test_what_would_draw_nothing_is_refused(factor, split, said):
    import re

    assert re.search(said, why_not_drawn(factor, split))


@pytest.mark.parametrize("split", ["train", "interpolation", "extrapolation", "full"])
def test_what_has_several_values_is_not_refused_and_varies(split):
    for factor in (NUMBER, HALFWAY, WHOLE, CHOICE):
        assert why_not_drawn(factor, split) is None
        assert len(set(drawn(factor, split))) > 1


def test_sets_are_of_the_task_that_is_named():
    from rltransfer.registry import FAMILIES

    atari = FAMILIES.get("atari")
    modes = {v.get("mode", 0) for v in atari.sample(200, seed=0, factors=("mode",), split="full", task="breakout")}
    assert modes == set(range(0, 48, 4))
    assert {v.full()["mode"] for v in atari.grid(("mode",), task="pong")} == {0, 1}
    rover = FAMILIES.get("rover")
    assert not any("block_mass" in variation for variation in rover.sample(20, seed=0))
    assert all("block_mass" in variation for variation in rover.sample(20, seed=0, task="push"))
    cartpole = FAMILIES.get("cartpole")
    assert not any("observation" in variation for variation in cartpole.sample(20, seed=0, split="full"))


def test_a_family_samples_the_same_set_for_the_same_seed_and_another_for_another_split():
    from rltransfer.registry import FAMILIES

    rover = FAMILIES.get("rover")
    names = ("slip", "palette")
    assert rover.sample(5, seed=3, factors=names) == rover.sample(5, seed=3, factors=names)
    train, test = (rover.sample(20, seed=3, factors=("speed",), split=split) for split in ("train", "interpolation"))
    assert not set(train) & set(test)  # from one range, but not the same values: a test set is not the training set
    assert rover.sample(5, seed=3, factors=names) != rover.sample(5, seed=4, factors=names)
