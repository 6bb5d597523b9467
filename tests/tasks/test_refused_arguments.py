"""Arguments that do not hold are refused in one line that says how to mend it, wherever they come in."""

import gymnasium
import pytest

import rltransfer as rlt
import rltransfer_envs  # noqa: F401 -- registers the families with Gymnasium
from rltransfer.errors import ConfigError
from rltransfer_envs.rover.family import ROVER

NAN = float("nan")


def drawn(**options):
    return rlt.Randomization(**{"factors": ("slip",), **options})


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: rlt.make_env("cartpole", num_envs=0), "num_envs is 0, but must be a whole number, at least 1"),
        (lambda: rlt.make_env("minigrid", num_envs=-2), "num_envs is -2, but"),
        (lambda: rlt.make_env("rover", num_envs=2.0), r"num_envs is 2\.0, but"),
        (lambda: gymnasium.make_vec("rltransfer/CartPole-v0", num_envs=0), "num_envs is 0, but"),
        (lambda: rlt.make_env("highway", render_mode="junk"), "render_mode is 'junk'.* Choose 'rgb_array', or None"),
        (lambda: rlt.make_env("arm", render_mode="junk"), "Choose 'rgb_array' or 'mujoco', or None"),
        (lambda: rlt.make_env(3), "a registered name, a mapping with the id .* not 3"),
        (lambda: rlt.make_env("rover", robot=3), "unknown robot of family 'rover' 3"),
        (lambda: rlt.make_env("rover", environment=["slip"]), r"a mapping of factors to values, .* not \['slip'\]"),
        (lambda: ROVER.task().changed(environment="slip"), "a mapping of factors to values, .* not 'slip'"),
        (lambda: rlt.make_env("rover", context="sidee"), "unknown context 'sidee'. Did you mean 'side'?"),
        (lambda: rlt.Context(visibility="side", factors="slip"), r"a list of names, such as \['slip'\], not 'slip'"),
        (lambda: drawn(split="trian"), "unknown split 'trian'. Did you mean 'train'?"),
        (lambda: ROVER.sample(2, seed=0, split="junk"), "unknown split 'junk'. Known: train, interpolation"),
        (lambda: ROVER.grid(["slip"], split="junk"), "unknown split 'junk'"),
        (lambda: rlt.make_env("cartpole", randomize="length"), r"a list of names, such as \['length'\], not 'length'"),
        (lambda: drawn(factors=3), "a list of names, .* not 3"),
        (lambda: rlt.make_env({"id": "CartPole-v1", "attributes": {"gravity": NAN}}), "'gravity' cannot be nan"),
    ],
)
def test_one_line_says_what_and_how_to_mend_it(ask, message):
    with pytest.raises(ConfigError, match=message) as refused:
        ask()
    assert "\n" not in str(refused.value)


def test_a_list_of_factors_is_as_good_as_a_tuple():
    assert drawn(factors=["slip"]) == drawn()
    assert rlt.Context(visibility="side", factors=["slip"]) == rlt.Context(visibility="side", factors=("slip",))


def test_a_task_of_ones_own_is_randomised_and_told_by_what_is_named_and_keeps_the_rest():
    env = rlt.make_env(ROVER.task(robot="differential", context=rlt.Context(visibility="side")), randomize=["slip"])
    assert env.task.robot == "differential"
    assert env.task.randomization == drawn()
    assert env.task.context.factors == tuple(ROVER.factors)  # as the task had it before
    env.close()
