"""Domain randomisation and the context: what each episode is in, and what the agent is told of it."""

from dataclasses import replace

import numpy as np
import pytest
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.errors import ConfigError, SpaceMismatchError, UnknownNameError
from rltransfer.registry import FAMILIES
from rltransfer.tasks import Context, Randomization
from rltransfer.tasks.context import context_names, context_vector
from rltransfer.tasks.rollout import copied, equal, rollout

ROVER = FAMILIES.get("rover")
NAMES = ("slip", "palette", "walls")


def randomised(split="full", names=NAMES, **axes):
    return ROVER.task(randomization=Randomization(factors=names, split=split), **axes)


def played(env, episodes_ended, seed=0):
    """The environments that the copies were in, episode after episode, until so many have ended."""
    env.action_space.seed(seed)
    seen = [[dict(v)] for v in env.unwrapped.variations]
    ended = 0
    while ended < episodes_ended:
        *_, terminated, truncated, _ = env.step(env.action_space.sample())
        for k in np.flatnonzero(terminated | truncated):
            seen[k].append(dict(env.unwrapped.variations[k]))
            ended += 1
    return seen


def test_each_episode_is_in_an_environment_of_its_own_and_seeds_repeat_them():
    env = randomised().make_vec(num_envs=3)
    env.reset(seed=[1, 2, 3])
    first = played(env, 30)
    assert all(len({str(v) for v in episodes}) == len(episodes) for episodes in first)
    env.reset(seed=[1, 2, 3])
    assert played(env, 30) == first
    env.reset(seed=[9, 2, 3])
    again = played(env, 30)
    assert [e[0] for e in again[1:]] == [e[0] for e in first[1:]]
    assert again[0][0] != first[0][0]


def test_only_what_is_named_is_drawn_and_the_rest_is_kept():
    env = randomised(names=("slip",), environment={"palette": "night"}).make_vec(num_envs=2)
    env.reset(seed=0)
    for episodes in played(env, 10):
        assert all(set(variation) <= {"slip", "palette"} for variation in episodes)
        assert all(variation["palette"] == "night" for variation in episodes)


def test_a_drawn_environment_is_that_environment():
    env = randomised().make_vec(num_envs=4)
    observations, _ = env.reset(seed=[4, 5, 6, 7])
    for k, variation in enumerate(env.variations):
        stream = np.random.default_rng(4 + k)
        from rltransfer.tasks.variation_sets import draw_variation

        assert draw_variation(ROVER.factors, stream, names=NAMES, split="full") == variation
        alone = ROVER.task(environment=dict(variation)).make_vec(num_envs=1)
        expected, _ = alone.reset(seed=int(stream.integers(2**31)))
        assert np.array_equal(observations[k], expected[0])


def test_copies_do_not_depend_on_each_other():
    def trace(seeds):
        return rollout(randomised().make_vec(num_envs=len(seeds)), seeds=seeds, steps=80)

    together, alone = trace([3, 4, 5]), trace([4])
    assert np.array_equal(together.observations[:, [1]], alone.observations)
    assert np.array_equal(together.rewards[:, [1]], alone.rewards)
    assert alone.terminated.any() or alone.truncated.any()


def test_an_unknown_factor_is_refused_with_a_suggestion():
    with pytest.raises(UnknownNameError, match="Did you mean 'slip'"):
        randomised(names=("slipp",))
    with pytest.raises(UnknownNameError, match="Did you mean 'slip'"):
        rlt.make_env("rover", randomize=["slipp"])


@pytest.mark.parametrize(
    ("family", "factor", "split", "said"),
    [
        ("racing", "grayscale", "train", "has one value in split 'train', False"),
        ("atari", "mode", "train", "has one value in split 'train', 0"),
        ("cartpole", "observation", "full", "changes the observation space"),
    ],
)
def test_a_factor_that_cannot_be_drawn_is_refused_when_the_task_is_made(family, factor, split, said):
    drawn = Randomization(factors=(factor,), split=split)
    with pytest.raises(ConfigError, match=said):
        FAMILIES.get(family).task(randomization=drawn)
    with pytest.raises(ConfigError, match=said):
        rlt.make_env(family, randomize=drawn)


def test_a_game_draws_its_own_modes():
    atari = FAMILIES.get("atari")
    task = atari.task(task="breakout", randomization=Randomization(factors=("mode",), split="full"))
    assert atari.why_not_drawn("mode", split="full", task="asterix") is not None  # it has but one
    pytest.importorskip("ale_py")
    env = task.make_vec(num_envs=6)
    env.reset(seed=0)
    modes = {variation.get("mode", 0) for variation in env.variations}
    env.close()
    assert len(modes) > 1
    assert modes <= set(range(0, 48, 4))


def test_a_factor_that_changes_the_observations_cannot_be_drawn(monkeypatch):
    task = randomised(names=("walls",))
    small = spaces.Box(0, 255, (32, 32, 3), np.uint8)
    monkeypatch.setattr(type(ROVER), "spaces", lambda self, task: (small, spaces.Discrete(4)))
    with pytest.raises(ConfigError, match="Leave the factor out of 'randomize'"):
        task.make_vec(num_envs=1).reset(seed=0)


def test_an_agent_learns_in_a_randomised_task_that_tells_its_context(small):
    env = rlt.make_env("rover", randomize=NAMES, context="observed", num_envs=4, seed=0)
    entries = len(context_names(ROVER.factors, NAMES))
    assert entries < len(context_names(ROVER.factors))
    assert env.observation_space.shape == (3 + entries, 64, 64)
    model = rlt.make_agent("ppo", env, trunk=small, n_steps=16, batch_size=32, n_epochs=1, device="cpu")
    model.learn(64)
    assert model.num_timesteps == 64


def test_the_vector_by_hand():
    names = ("slip", "palette", "grayscale", "walls")
    values = {"slip": 0.25, "palette": "dusk", "grayscale": True, "walls": 3}
    assert context_names(ROVER.factors, names) == (
        "slip", "palette=day", "palette=dusk", "palette=night", "palette=shifted", "palette=swapped",
        "grayscale", "walls",
    )  # fmt: skip
    assert context_vector(ROVER.factors, values, names).tolist() == [0.5, 0, 1, 0, 0, 0, 1, 0.75]
    assert context_vector(ROVER.factors, {}, names).tolist() == [0, 1, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("visibility", ["observed", "side"])
def test_every_observation_tells_the_environment_it_was_made_in(visibility):
    context = Context(visibility=visibility, factors=("walls",))
    task = randomised(names=("walls",), environment={})
    plain = task.make_vec(num_envs=2)
    from dataclasses import replace

    told = replace(task, context=context).make_vec(num_envs=2)
    assert told.single_observation_space == replace(task, context=context).spaces()[0]
    before, _ = plain.reset(seed=[1, 2])
    after, _ = told.reset(seed=[1, 2])
    walls = [[float(v.full()["walls"]) / 4 for v in plain.variations]]

    def parts(observation):
        if visibility == "side":
            return observation["observation"], observation["context"][..., 0]
        plane = observation[..., 3]
        assert (plane == plane[..., :1, :1]).all()
        return observation[..., :3], plane[..., 0, 0] / 255

    ended = 0
    for _ in range(200):
        pixels, context_now = parts(after)
        assert np.array_equal(pixels, before)
        assert context_now == pytest.approx(walls[-1], abs=1 / 255)
        action = np.array([0, 1])
        before, _, term, trunc, plain_infos = plain.step(action)
        after, _, _, _, infos = told.step(action)
        walls.append([float(v.full()["walls"]) / 4 for v in plain.variations])
        for k in np.flatnonzero(term | trunc):
            last_pixels, last_context = parts(infos["final_obs"][k])
            assert np.array_equal(last_pixels, plain_infos["final_obs"][k])
            assert last_context == pytest.approx(walls[-2][k], abs=1 / 255)  # of the episode that ended
            ended += 1
    assert ended > 3
    assert len({tuple(w) for w in walls}) > 2


def test_a_context_is_not_drawn_over_a_grid_of_symbols():
    told = Context(visibility="observed", factors=("size",))
    grid = FAMILIES.get("minigrid").task(environment={"observation": "partial-symbolic"}, context=told)
    with pytest.raises(SpaceMismatchError, match="Give it as 'side'"):
        grid.spaces()
    beside = grid.family.task(environment={"observation": "partial-symbolic"}, context=replace(told, visibility="side"))
    observations, _ = beside.spaces()
    assert observations["observation"].shape == (7, 7, 3)


def test_a_context_that_cannot_be_appended_is_refused(monkeypatch):
    odd = spaces.Box(0, 1, (4, 4, 4, 4), np.float32)
    monkeypatch.setattr(type(ROVER), "spaces", lambda self, task: (odd, spaces.Discrete(4)))
    with pytest.raises(SpaceMismatchError, match="Give it as 'side'"):
        ROVER.task(context=Context(visibility="observed")).spaces()


DRAWN = {
    "rover": ("slip", "palette", "walls"),
    "cartpole": ("length", "force", "observation_noise"),
    "minigrid": ("slip", "random_start"),
    "locomotion": ("gravity",),
    "bipedal": ("gravity", "roughness"),
}
TOLD = {"rover": "observed", "cartpole": "observed", "minigrid": "side", "locomotion": "side", "bipedal": "side"}


@pytest.mark.parametrize("visibility", ["hidden", "told"])
@pytest.mark.parametrize("family", list(DRAWN))
def test_a_randomised_task_goes_on_from_a_state(family, visibility):
    """Over the ends of episodes: the environments to come are the same, too, and so is what is told of them."""
    found = FAMILIES.get(family)
    names = DRAWN[family]
    context = Context() if visibility == "hidden" else Context(visibility=TOLD[family], factors=names)
    task = found.task(randomization=Randomization(factors=names, split="full"), context=context)
    env, other = (task.make_vec(num_envs=2) for _ in range(2))
    env.reset(seed=[1, 2])
    env.action_space.seed(0)
    drawn = set()
    for _ in range(15):
        env.step(env.action_space.sample())
    state = env.get_state()
    other.set_state(state)
    assert [dict(v) for v in other.unwrapped.variations] == [dict(v) for v in env.unwrapped.variations]
    futures = []
    actions = [env.action_space.sample() for _ in range(60 if family != "bipedal" else 200)]
    for player in (env, other, env):
        if futures:
            player.set_state(state)
        futures.append([copied_step(player.step(action)) for action in actions])
        drawn.add(str([dict(v) for v in player.unwrapped.variations]))
    assert len(drawn) == 1
    for future in futures[1:]:
        for mine, theirs in zip(futures[0], future, strict=True):
            assert equal(mine[0], theirs[0])
            assert all(np.array_equal(a, b) for a, b in zip(mine[1:], theirs[1:], strict=True))


def copied_step(step):
    observations, rewards, terminated, truncated, _ = step
    return copied(observations), rewards.copy(), terminated.copy(), truncated.copy()


def test_a_family_that_randomises_in_its_own_batch_tells_each_copys_environment_too():
    context = Context(visibility="side", factors=("gravity",))
    randomization = Randomization(factors=("gravity",), split="full")
    env = FAMILIES.get("locomotion").task(randomization=randomization, context=context).make_vec(num_envs=5)
    seen, _ = env.reset(seed=0)
    assert seen["context"][:, 0] == pytest.approx([float(v.full()["gravity"]) - 0.5 for v in env.unwrapped.variations])
    assert len(set(seen["context"][:, 0].tolist())) == 5


def test_what_has_no_state_to_give_says_so():
    env = randomised().make_vec(num_envs=2)
    with pytest.raises(ConfigError, match="before the first reset"):
        env.get_state()
    env.reset(seed=0)
    with pytest.raises(ConfigError, match="this state is of 2 copies; there are 3"):
        randomised().make_vec(num_envs=3).set_state(env.get_state())
