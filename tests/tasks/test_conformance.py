"""The conformance suite passes a sound family and finds each promise that another breaks."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gymnasium import spaces

from rltransfer.errors import ConfigError
from rltransfer.tasks import Factor
from rltransfer.tasks.conformance import CHECKS, Effort, Violation, check_family
from rltransfer.tasks.randomized import Randomized

sys.path.insert(0, str(Path(__file__).parent))
from counting_family import FACTORS, Counting

EFFORT = Effort(copies=5, steps=20)


@pytest.fixture(autouse=True)
def described_here(monkeypatch):
    monkeypatch.setattr(Counting, "described_in", "counting_family:CountingVectorEnv")


def test_a_sound_family_keeps_everything_it_can():
    outcomes = {finding.check: finding.outcome for finding in check_family(Counting(), effort=EFFORT)}
    assert list(outcomes) == list(CHECKS)
    assert {check for check, outcome in outcomes.items() if outcome != "kept"} == {"empty variation is upstream"}


def test_a_time_limit_told_as_a_termination_is_mentioned():
    said = CHECKS["ends are told truly"](Counting("untold-limit"), EFFORT)
    assert "equally long and never truncated, right only where that is no time limit, in count (10 steps)" in said
    assert "equally long" not in CHECKS["ends are told truly"](Counting(), EFFORT)


@pytest.mark.parametrize(
    ("fault", "check", "said"),
    [
        ("seed", "deterministic", "the same seed differs"),
        ("batch", "batch size changes nothing", "copy 0 of 5 is not the single environment"),
        ("idle-factor", "factors act", "without effect in 20.*: start=high"),
        ("idle-tint", "factors act", "without effect in 20.*: tint=1.0"),
        ("tint-pays", "factors act", "changes rewards or ends"),
        ("tint-moves", "factors act", r"tint=1.0 \(appearance\) changes the path in .*: count of the state"),
        ("pace-paints", "factors act", "without effect in 20.*: pace=4"),
        ("one-flag", "ends are told truly", "every end is both a termination and a truncation"),
        ("black", "ends are told truly", "does not follow from the one before"),
        ("final", "ends are told truly", "the last observation is the next episode's first"),
        ("no-success", "ends are told truly", "final_info has no is_success"),
        ("success", "ends are told truly", "is_success where no episode ended"),
        ("state", "state round trip", "after set_state the rollout differs"),
        ("still", "frames are drawn", "leave the frames as they were"),
        ("next-step", "spaces as declared", "no SAME_STEP reset"),
    ],
)
def test_a_broken_promise_is_found_by_its_check(fault, check, said):
    with pytest.raises(Violation, match=said):
        CHECKS[check](Counting(fault), EFFORT)
    others = {finding.check: finding for finding in check_family(Counting(fault), effort=EFFORT)}
    assert others[check].outcome == "broken"
    assert re.search(said, others[check].detail)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"description": ""}, "has no description"),
        ({"high": None}, "has no bounds"),
        ({"low": 1.0, "high": 1.0, "default": 1.0}, "cannot differ from its default"),
        ({"usual": (0.5, 1.0)}, "its default is not in the usual range"),
        ({"usual": (-1.0, 1.0)}, "usual range"),
        ({"tasks": ("walk",)}, "acts in tasks that are not there: walk"),
        ({"requires": {"wind": (1.0,)}}, "requires factors that are not there: wind"),
        ({"requires": {"pace": ()}}, "is shown with no pace but the default"),
    ],
)
def test_a_factor_declared_badly_is_found(change, said):
    family = Counting()
    sound = {"name": "tint", "kind": "appearance", "default": 0.0, "low": 0.0, "high": 1.0, "description": "added"}
    family.factors = {**FACTORS, "tint": Factor(**{**sound, **change})}
    with pytest.raises(Violation, match=said):
        CHECKS["declared plainly"](family, EFFORT)


@pytest.mark.parametrize("claim", [{"tasks": ()}, {"requires": {"pace": (4,)}}])
def test_a_factor_that_acts_where_it_says_it_does_not_is_found(claim):
    family = Counting()
    family.factors = {**FACTORS, "tint": replace(FACTORS["tint"], **claim)}
    with pytest.raises(Violation, match=r"has an effect in .*, and says that it has none"):
        CHECKS["idle where declared"](family, EFFORT)


def test_a_set_that_its_task_refuses_is_found():
    class Picky(Counting):
        def task(self, *, environment=None, **axes):
            if (environment or {}).get("pace", 1) > 3:
                raise ConfigError("too fast")
            return super().task(environment=environment, **axes)

    with pytest.raises(Violation, match="is refused: too fast"):
        CHECKS["sets fit their task"](Picky(), EFFORT)


def test_a_factor_that_changes_spaces_unsaid_is_found():
    family = Counting()
    wide = (spaces.Box(-1e6, 1e6, (3,), np.float32), spaces.Discrete(2))
    plain = (spaces.Box(-1e6, 1e6, (2,), np.float32), spaces.Discrete(2))
    family.spaces = lambda task: wide if "start" in task.environment else plain
    with pytest.raises(Violation, match="factor 'start' changes the space: True"):
        CHECKS["sets fit their task"](family, EFFORT)


def test_a_factor_missing_from_the_table_is_found():
    family = Counting()
    family.factors = {**FACTORS, "wind": Factor(name="wind", kind="dynamics", default=0.0, low=0.0, high=1.0)}
    with pytest.raises(Violation, match="lacks: wind"):
        CHECKS["described"](family, EFFORT)


def test_spaces_that_are_not_the_environments_are_found():
    family = Counting()
    family.spaces = lambda task: (spaces.Box(0, 1, (2,)), spaces.Discrete(2))
    with pytest.raises(Violation, match=r"spaces\(\) gives"):
        CHECKS["spaces as declared"](family, EFFORT)


def test_an_upstream_that_differs_is_found():
    family = Counting()
    family.upstream = lambda task: Counting().make(task.changed(environment={"pace": 2}))
    with pytest.raises(Violation, match="differs from upstream"):
        CHECKS["empty variation is upstream"](family, EFFORT)
    family.upstream = lambda task: Counting().make(task)
    assert CHECKS["empty variation is upstream"](family, EFFORT) == "1 environments"


def test_a_batch_that_fails_in_a_noisy_environment_alone_is_found():
    family = Counting("batch-where-noisy")
    noise = Factor(name="noise", kind="sensor", default=0.0, low=0.0, high=1.0, description="of what is seen")
    family.factors = {**FACTORS, "noise": noise}
    with pytest.raises(Violation, match=r"noise=1.0.*copy 0 of 5 is not the single environment"):
        CHECKS["batch size changes nothing"](family, EFFORT)


def test_an_environment_that_is_drawn_once_and_for_all_is_found():
    class DrawnOnce(Randomized):
        def _draw(self, stream):
            drawn[stream] = drawn.get(stream) or super()._draw(stream)
            return drawn[stream]

    drawn = {}
    family = Counting()
    family.make_randomized_vec = DrawnOnce
    with pytest.raises(Violation, match="the next episode has the environment of the one before"):
        CHECKS["randomised every episode"](family, EFFORT)
