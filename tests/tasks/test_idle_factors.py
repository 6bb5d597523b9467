"""A change that changes nothing is told before anything trains."""

import pytest

from rltransfer.config import parse_experiment
from rltransfer.errors import NoEffectWarning
from rltransfer.experiment import check_parts
from rltransfer.registry import FAMILIES
from rltransfer.tasks.family import Randomization
from rltransfer.tasks.idle_factors import idle_factors


def test_what_acts_is_not_doubted():
    task = FAMILIES.get("rover").task(environment={"slip": 0.3, "palette": "dusk"})
    assert idle_factors(task) == {}


def test_what_waits_for_another_factor_is_named_with_it():
    cartpole = FAMILIES.get("cartpole")
    idle = idle_factors(cartpole.task(environment={"palette": "night", "gravity": 15.0}))
    assert list(idle) == ["palette"]
    assert "acts with observation=pixels" in idle["palette"]
    assert idle_factors(cartpole.task(environment={"palette": "night", "observation": "pixels"})) == {}


def test_drawn_factors_are_looked_at_too():
    cartpole = FAMILIES.get("cartpole")
    drawn = Randomization(factors=("gravity", "palette"), split="full")
    assert list(idle_factors(cartpole.task(randomization=drawn))) == ["palette"]


def test_a_drawn_factor_may_wait_for_another_drawn_one():
    minigrid = FAMILIES.get("minigrid")
    together = Randomization(factors=("layout", "crossings"), split="train")
    assert idle_factors(minigrid.task(environment={"size": 11}, randomization=together)) == {}
    alone = Randomization(factors=("crossings",), split="train")
    assert "layout=simple-crossing" in idle_factors(minigrid.task(randomization=alone))["crossings"]


EXPERIMENT = """
experiment: idle
seeds: 1
source: {family: minigrid, budget: 4096}
targets: {more-walls: {environment: {crossings: 3}}}
methods: [finetune]
budget: 4096
"""


def test_an_experiment_says_so_with_the_place():
    with pytest.warns(NoEffectWarning, match=r"^targets.more-walls: factor 'crossings' had no effect") as told:
        check_parts(parse_experiment(EXPERIMENT))
    assert len(told) == 1
