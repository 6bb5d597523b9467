"""Measuring: fixed episodes, the same for every agent, and nothing disturbed."""

import random

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.errors import ConfigError
from rltransfer.tasks.making import find_family
from rltransfer.training import Evaluator
from rltransfer_envs.rover.env import RoverEnv

EPISODES, SEED = 6, 40


@pytest.fixture
def evaluator():
    return lambda robot="omni": Evaluator(find_family("rover").task(robot=robot), episodes=EPISODES, seed=SEED)


def played_alone(agent, make, *, channels_first):
    """Returns, lengths and successes of a plain loop over single environments, one after another."""
    outcomes = []
    for k in range(EPISODES):
        env = make()
        observation, _ = env.reset(seed=SEED + k)
        total, steps, ended, info = 0.0, 0, False, {}
        while not ended:
            given = observation.transpose(2, 0, 1) if channels_first else observation
            observation, reward, terminated, truncated, info = env.step(agent.predict(given, deterministic=True)[0])
            total, steps, ended = total + reward, steps + 1, terminated or truncated
        outcomes.append((total, steps, info.get("is_success")))
    return [np.array(column) for column in zip(*outcomes, strict=True)]


@pytest.mark.parametrize(("algorithm", "robot"), [("ppo", "omni"), ("ppo", "hovercraft"), ("dqn", "omni")])
def test_a_measurement_equals_a_loop_over_single_environments(algorithm, robot, tiny, undecided, evaluator):
    model = tiny(algorithm, robot=robot)
    if robot == "omni":
        undecided(model)
    measured = evaluator(robot).measure(model)
    returns, lengths, successes = played_alone(model, lambda: RoverEnv(robot=robot), channels_first=True)
    np.testing.assert_allclose(measured.returns, returns, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(measured.lengths, lengths)
    np.testing.assert_array_equal(measured.successes, successes)
    assert measured.success_rate == pytest.approx(successes.mean())
    assert len(set(lengths.tolist())) > 1, "episodes of several lengths, or little would be tested"


def test_without_a_definition_of_success_there_is_no_success_rate(tiny, cartpole):
    import gymnasium

    model = tiny("ppo", cartpole())
    measured = Evaluator(cartpole().task, episodes=EPISODES, seed=SEED).measure(model)
    returns, lengths, _ = played_alone(model, lambda: gymnasium.make("CartPole-v1"), channels_first=False)
    np.testing.assert_array_equal(measured.returns, returns)
    np.testing.assert_array_equal(measured.lengths, lengths)
    assert measured.successes is None
    assert measured.success_rate is None


def test_every_agent_meets_the_same_episodes_and_the_first_is_not_the_second(tiny, evaluator, monkeypatch):
    shared, seen = evaluator(), []
    for number, model in enumerate((tiny("ppo"), tiny("dqn", seed=7), tiny("ppo", seed=9))):
        first = []

        def watched(observations, *args, model=model, first=first, **options):
            first.append(np.array(observations)) if not first else None
            return type(model).predict(model, observations, *args, **options)

        monkeypatch.setattr(model, "predict", watched)
        (shared if number < 2 else evaluator()).measure(model)
        seen.append(first[0])
    np.testing.assert_array_equal(seen[0], seen[1])
    np.testing.assert_array_equal(seen[0], seen[2])
    assert len({frame.tobytes() for frame in seen[0]}) == EPISODES


def test_measuring_twice_gives_the_same(tiny, evaluator):
    model, shared = tiny("ppo"), evaluator()
    one, other = shared.measure(model), shared.measure(model)
    np.testing.assert_array_equal(one.returns, other.returns)
    shared.close()
    np.testing.assert_array_equal(shared.measure(model).returns, one.returns)


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_measuring_moves_no_random_numbers_and_no_mode_of_the_agent(algorithm, deterministic, tiny, evaluator):
    model = tiny(algorithm)
    model.exploration_rate = 0.5  # DQN's; PPO has none
    shared = evaluator()
    shared.measure(model, deterministic=deterministic)
    drawn = []
    for measures in (False, True):
        torch.manual_seed(1)
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        model.action_space.seed(1)
        model.policy.set_training_mode(True)
        if measures:
            shared.measure(model, deterministic=deterministic)
        assert model.policy.training
        numbers = (torch.rand(()).item(), np.random.rand(), random.random())  # noqa: NPY002
        drawn.append((*numbers, [int(model.action_space.sample()) for _ in range(10)]))
    assert drawn[0] == drawn[1]


def test_an_agent_does_not_learn_from_being_measured(tiny, evaluator, snapshot):
    model = tiny("dqn")
    before = snapshot(model)
    evaluator().measure(model)
    assert all(torch.equal(p, before[n]) for n, p in snapshot(model).items())
    assert model.num_timesteps == 0
    assert model.replay_buffer.size() == 0


def test_cached_agents_are_measured_on_raw_observations(tiny, undecided, evaluator):
    source = undecided(tiny("ppo"))
    plain, cached = tiny("ppo", seed=1), tiny("ppo", seed=2)
    rlt.Frozen(cache=False).attach(plain, source)
    rlt.Frozen().attach(cached, source)
    np.testing.assert_allclose(evaluator().measure(cached).returns, evaluator().measure(plain).returns, atol=1e-6)


def test_a_scripted_policy_can_be_played(evaluator):
    """Driving right for ever: the same episodes as single environments, step for step."""
    played = evaluator().play(lambda observations, _: np.zeros(len(observations), dtype=int))
    for k in range(EPISODES):
        env = RoverEnv()
        env.reset(seed=SEED + k)
        total, steps, ended = 0.0, 0, False
        while not ended:
            _, reward, terminated, truncated, _ = env.step(0)
            total, steps, ended = total + reward, steps + 1, terminated or truncated
        assert played.returns[k] == pytest.approx(total, abs=1e-4)
        assert played.lengths[k] == steps


def test_only_the_first_episode_of_each_copy_counts(cartpole):
    """Odd copies fall over a dozen times while even ones balance."""
    import gymnasium

    def act(observations, copies):
        return np.where(copies % 2, 0, observations[:, 2] + observations[:, 3] > 0).astype(int)

    evaluator = Evaluator(cartpole().task, episodes=EPISODES, seed=SEED)
    played = evaluator.play(lambda observations, _: act(observations, np.arange(EPISODES)))
    for k in range(EPISODES):
        env = gymnasium.make("CartPole-v1")
        observation, _ = env.reset(seed=SEED + k)
        steps, ended = 0, False
        while not ended:
            observation, _, terminated, truncated, _ = env.step(int(act(observation[None], np.array([k]))[0]))
            steps, ended = steps + 1, terminated or truncated
        assert played.lengths[k] == played.returns[k] == steps
    assert played.lengths[0] > 10 * played.lengths[1]


def test_an_episode_that_never_ends_is_an_error_that_says_what_to_do(tiny, evaluator, monkeypatch):
    from rltransfer.training import evaluation

    monkeypatch.setattr(evaluation, "LONGEST_EPISODE", 3)
    with pytest.raises(ConfigError, match=r"an episode did not end within 3 steps. Put time_limit among"):
        evaluator().measure(tiny("ppo"))


def test_a_film_shows_every_copy_and_moves(tiny, rover, tmp_path):
    from PIL import Image

    from rltransfer.training.film import film

    agent = tiny()
    with pytest.raises(ConfigError, match=r"film\.mp4: only GIF is written. Give it the ending .gif: film\.gif"):
        film(agent, agent.get_env().task, tmp_path / "film.mp4", copies=2, steps=5)
    assert not list(tmp_path.iterdir())
    film(agent, agent.get_env().task, tmp_path / "film.gif", copies=2, steps=5)
    with Image.open(tmp_path / "film.gif") as picture:
        assert picture.n_frames == 6
        assert picture.size == (2 * 192, 192)  # frames of 384 x 384 thinned by two
        first = np.asarray(picture.convert("RGB")).copy()
        picture.seek(5)
        last = np.asarray(picture.convert("RGB"))
    assert (first != last).any()
    assert (first[:, :192] != first[:, 192:]).any()  # each copy is in an episode of its own
