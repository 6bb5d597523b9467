"""Training on a budget: the same every time, spent to the step, and not moved by being measured."""

import time

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, task_of
from rltransfer.training import Episodes, Evaluator, train

METHODS = [
    rlt.Scratch(),
    rlt.Finetune(),
    rlt.Frozen(at="end"),
    rlt.Frozen(at="conv3"),
    rlt.SoftSharing(),
    rlt.HardSharing(),
]


@pytest.fixture
def run():
    """Train ``model``; gives its curve as (env_steps, on, returns) and the seconds it took."""

    def start(model, *, budget=256, every=128, episodes=3, tell=lambda progress: None, evaluated=None):
        agents = evaluated or {"target": model}
        evaluators = {on: (Evaluator(task_of(a), episodes=episodes, seed=50), a) for on, a in agents.items()}
        curve = []
        seconds = train(
            model,
            budget=budget,
            every=every,
            evaluators=evaluators,
            record=lambda e: curve.append((e.env_steps, e.on, tuple(e.episodes.returns), e.train_seconds)),
            writers=[],
            tell=tell,
        )
        return curve, seconds

    return start


def weights(model):
    return {name: parameter.detach().clone() for name, parameter in named_parts(model).items()}


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_learns_the_same_curve_and_another_seed_another(algorithm, precision, tiny, run, small):
    trunk = small.model_copy(update={"precision": precision})
    outcomes = []
    for seed in (3, 3, 4):
        model = tiny(algorithm, trunk=trunk, seed=seed, noise=False)
        curve, _ = run(model)
        outcomes.append(([point[:3] for point in curve], weights(model)))
    assert outcomes[0][0] == outcomes[1][0]
    assert equal(outcomes[0][1], outcomes[1][1])
    assert outcomes[0][0] != outcomes[2][0]


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_measuring_more_often_does_not_change_what_is_learned(algorithm, precision, tiny, run, small):
    trunk = small.model_copy(update={"precision": precision})
    learned, curves = [], []
    for every in (36, 256):
        model = tiny(algorithm, trunk=trunk)
        curves.append(run(model, every=every)[0])
        learned.append(weights(model))
    assert len(curves[0]) > 2 * len(curves[1])
    assert equal(*learned)
    assert curves[0][-1][:3] == curves[1][-1][:3]
    assert not equal(learned[0], weights(tiny(algorithm, trunk=trunk)))


@pytest.mark.parametrize("method", [rlt.Frozen(at="end"), rlt.HardSharing()], ids=lambda m: m.registered)
@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_measuring_does_not_change_what_cached_and_joint_learners_learn(algorithm, method, tiny, run):
    learned = []
    for every in (36, 256):
        model, source = tiny(algorithm), tiny(algorithm, seed=7)
        method.attach(model, source)
        run(model, every=every)
        learned.append(weights(model) | {f"source.{n}": p for n, p in weights(source).items()})
    assert equal(*learned)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_it_is_measured_before_the_first_step_at_every_mark_and_at_the_end(algorithm, tiny, run):
    model = tiny(algorithm)
    before = Evaluator(model.get_env().task, episodes=3, seed=50).measure(model)
    curve, seconds = run(model, budget=200, every=64)
    assert [steps for steps, *_ in curve] == [0, 64, 128, 192, 200]
    assert curve[0][2] == tuple(before.returns)
    spent = [s for *_, s in curve]
    assert spent[0] == 0
    assert spent == sorted(spent)
    assert seconds == pytest.approx(spent[-1], abs=0.5)


@pytest.mark.parametrize(("algorithm", "rollout"), [("ppo", 64), ("dqn", 16)])
def test_a_mark_at_the_end_of_a_rollout_is_measured_after_its_update(algorithm, rollout, tiny, run):
    marks = (2 * rollout, 4 * rollout)
    learner = tiny(algorithm)
    curve, _ = run(learner, budget=6 * rollout, every=2 * rollout, episodes=8)
    for steps in marks:
        other = tiny(algorithm)
        run(other, budget=steps, every=steps)
        expected = Evaluator(other.get_env().task, episodes=8, seed=50).measure(other)
        assert {point[0]: point[2] for point in curve}[steps] == tuple(expected.returns)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{m.registered}")
@pytest.mark.parametrize(("budget", "spent"), [(100, 100), (101, 104)])
def test_every_method_spends_the_same_budget_rounded_up_to_the_copies(algorithm, method, budget, spent, tiny, run):
    """Four copies step together: 101 steps are 26 of each, 104; PPO's rollouts of 64 do not matter."""
    model = tiny(algorithm)
    method.attach(model, tiny(algorithm, seed=7))
    curve, _ = run(model, budget=budget, every=40, episodes=1)
    assert model.num_timesteps == spent
    assert [steps for steps, *_ in curve] == [0, 40, 80, spent]


def test_the_source_is_measured_beside_the_target_where_asked(tiny, run):
    model, source = tiny("ppo", robot="differential"), tiny("ppo", seed=7)
    rlt.HardSharing().attach(model, source)
    curve, _ = run(model, budget=64, every=64, evaluated={"target": model, "source": source})
    assert [(steps, on) for steps, on, *_ in curve] == [(0, "target"), (0, "source"), (64, "target"), (64, "source")]
    assert curve[0][2] != curve[1][2]


def test_progress_is_told_at_the_end_with_what_was_done(tiny, run):
    told = []
    curve, seconds = run(tiny("ppo"), budget=128, every=64, tell=told.append)
    last = told[-1]
    assert (last.env_steps, last.budget) == (128, 128)
    assert last.latest_return == pytest.approx(np.mean(curve[-1][2]))
    assert last.steps_per_second >= 128 / seconds > 0


def test_time_spent_measuring_is_not_training_time(tiny, run, monkeypatch):
    """On a clock that moves by 100 seconds in a measurement and by one each time it is read."""
    now = [0.0]

    def read():
        now[0] += 1
        return now[0]

    def measure(self, agent):
        now[0] += 100
        return Episodes(returns=np.zeros(1), lengths=np.ones(1, dtype=int), successes=None)

    monkeypatch.setattr(time, "perf_counter", read)
    monkeypatch.setattr(Evaluator, "measure", measure)
    curve, seconds = run(tiny("ppo"), budget=64, every=32)
    assert [steps for steps, *_ in curve] == [0, 32, 64]
    assert 0 < curve[1][3] < curve[2][3] <= seconds < 100


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("budget", [64, 256])
def test_the_last_rollout_is_learned_from_as_in_learn_itself(algorithm, budget, tiny, run):
    trained = tiny(algorithm)
    curve, _ = run(trained, budget=budget, every=64)
    learned = tiny(algorithm).learn(budget)  # made afterwards: making seeds the process's random numbers
    assert equal(weights(trained), weights(learned))
    assert curve[-1][0] == budget
    last = Evaluator(task_of(trained), episodes=3, seed=50).measure(trained)
    assert curve[-1][2] == tuple(last.returns), "the last point of the curve is the agent that is kept"


@pytest.mark.parametrize("played", [0, 64])
def test_steps_played_beforehand_do_not_stand_for_what_the_replay_buffer_must_hold(played, tiny):
    model = tiny("dqn")
    held, learn = [], model.train
    model.train = lambda *args, **kwargs: held.append(model.replay_buffer.size() * 4) or learn(*args, **kwargs)
    train(
        model,
        budget=played + 64,
        every=64,
        evaluators={"target": (Evaluator(task_of(model), episodes=3, seed=50), model)},
        record=lambda evaluation: None,
        writers=[],
        played=played,
    )
    assert min(held) > model.learning_starts == 32
    assert len(held) == len({*held})
