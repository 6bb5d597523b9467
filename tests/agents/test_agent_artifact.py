"""Agents on disk: the same agent when whole, one line when not."""

import hashlib
import json

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.vec_env import DummyVecEnv

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.agents.space_records import space_from, space_record
from rltransfer.errors import ArtifactError, RLTransferError
from rltransfer_envs.rover.env import RoverEnv


def judged(model, observations):
    """Deterministic actions, and state values or Q-values."""
    tensor, _ = model.policy.obs_to_tensor(observations)
    with torch.no_grad():
        values = model.q_net(tensor) if hasattr(model, "q_net") else model.policy.predict_values(tensor)
    return model.predict(observations, deterministic=True)[0], values.numpy()


def assert_same(one, other, observations):
    for ours, theirs in zip(judged(one, observations), judged(other, observations), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert judged(one, observations)[1].std() > 1e-4


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)


@pytest.mark.parametrize(("algorithm", "robot"), [("ppo", "omni"), ("ppo", "hovercraft"), ("dqn", "omni")])
def test_an_agent_of_images_comes_back_the_same(algorithm, robot, tiny, frames, tmp_path):
    model = tiny(algorithm, robot=robot).learn(128)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    assert type(loaded).__name__ == type(model).__name__
    assert_same(model, loaded, frames)
    ours, theirs = named_parts(model), named_parts(loaded)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert loaded.num_timesteps == 128
    assert (loaded.trained_on.family.name, loaded.trained_on.robot) == ("rover", robot)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_an_agent_of_vectors_comes_back_the_same(algorithm, tiny, cartpole, vectors, tmp_path):
    model = tiny(algorithm, cartpole()).learn(128)
    rlt.save(model, tmp_path)
    assert_same(model, rlt.load_agent(tmp_path, device="cpu"), vectors)


def test_an_agent_of_continuous_actions_and_vectors_comes_back_the_same(tmp_path, tiny):
    model = tiny("ppo", rlt.make_env({"id": "Pendulum-v1"}, num_envs=2, seed=0)).learn(64)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    assert_same(model, loaded, np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32))
    assert torch.equal(model.policy.log_std, loaded.policy.log_std)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("at", ["conv3", "end"])
def test_a_frozen_agent_with_cached_features_is_saved_as_one_that_reads_frames(algorithm, at, tiny, frames, tmp_path):
    model = tiny(algorithm)
    rlt.Frozen(at=at).attach(model, tiny(algorithm, seed=7))
    model.learn(128)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    assert loaded.observation_space.shape == (3, 64, 64)
    np.testing.assert_array_equal(*(m.predict(frames, deterministic=True)[0] for m in (model, loaded)))
    np.testing.assert_allclose(judged(loaded, frames)[1], judged(model, frames)[1], rtol=1e-4, atol=1e-5)
    ours, theirs = named_parts(model), named_parts(loaded)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_settings_come_back_and_learning_goes_on(algorithm, tiny, rover, tmp_path):
    model = tiny(algorithm, learning_rate=2e-3, gamma=0.9)
    model.learn(64)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, env=rover(num_envs=2), device="cpu")
    assert (loaded.gamma, loaded.learning_rate, loaded.n_envs) == (0.9, 2e-3, 2)
    assert loaded.batch_size == model.batch_size
    before = {name: p.detach().clone() for name, p in named_parts(loaded).items()}
    loaded.learn(128)
    after = named_parts(loaded)
    assert not any(torch.equal(before[n], after[n]) for n in before if "target" not in n and n.endswith("weight"))


def test_schedules_are_saved_as_what_they_start_with(tiny, cartpole, tmp_path):
    model = tiny("ppo", cartpole())
    model.learning_rate, model.clip_range = (lambda left: 0.002 * left), (lambda left: 0.3 * left)
    rlt.save(model, tmp_path)
    settings = json.loads((tmp_path / "agent.json").read_text())["settings"]
    assert (settings["learning_rate"], settings["clip_range"]) == (0.002, 0.3)


@pytest.mark.parametrize("wrong", [{"robot": "differential"}, {"cartpole": True}])
def test_an_environment_of_other_spaces_is_refused_with_both_named(wrong, tiny, rover, cartpole, tmp_path):
    rlt.save(tiny("ppo"), tmp_path)
    env = cartpole() if "cartpole" in wrong else rover(**wrong)
    with pytest.raises(RLTransferError, match="Transfer to it with a method") as caught:
        rlt.load_agent(tmp_path, env=env, device="cpu")
    assert str(env.action_space) in str(caught.value)
    assert "Discrete(4)" in str(caught.value)


@pytest.mark.parametrize("kind", [PPO, DQN])
def test_a_stock_model_can_be_saved_loaded_and_taught_in_its_own_environment(kind, frames, tmp_path):
    model = kind(
        "CnnPolicy",
        RoverEnv(),
        device="cpu",
        seed=0,
        **({"buffer_size": 50} if kind is DQN else {"n_steps": 16, "batch_size": 16}),
    )
    model.learn(16)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    assert_same(model, loaded, frames)
    for env in (DummyVecEnv([RoverEnv]), RoverEnv()):  # channels-last, as its maker gives it
        again = rlt.load_agent(tmp_path, env=env, device="cpu")
        assert_same(model, again, frames)
        again.learn(16)


def test_hidden_layers_come_back(frames, tmp_path):
    model = PPO("CnnPolicy", RoverEnv(), device="cpu", policy_kwargs={"net_arch": [24, 16]})
    rlt.save(model, tmp_path)
    assert_same(model, rlt.load_agent(tmp_path, device="cpu"), frames)


@pytest.mark.parametrize(
    "policy",
    [
        {"net_arch": [16], "activation_fn": torch.nn.SiLU},
        {"net_arch": {"pi": [16], "vf": [16]}},
        {"share_features_extractor": False},
    ],
    ids=["activation", "two-towers", "two-extractors"],
)
def test_a_policy_that_could_not_be_built_again_is_refused_when_it_is_saved(policy, tmp_path):
    """Not when it is loaded, perhaps after days of training, and never by coming back as another policy."""
    model = PPO("CnnPolicy", RoverEnv(), device="cpu", policy_kwargs=policy)
    with pytest.raises(ArtifactError, match="cannot be saved"):
        rlt.save(model, tmp_path)


def test_an_algorithm_that_is_not_known_is_refused(tmp_path):
    model = pytest.importorskip("sb3_contrib").MaskablePPO("CnnPolicy", RoverEnv(), device="cpu")
    with pytest.raises(ArtifactError, match=r"agents of class MaskablePPO cannot be saved; .*ppo.* can"):
        rlt.save(model, tmp_path)


def test_loading_moves_no_random_numbers(tiny, cartpole, tmp_path):
    rlt.save(tiny("dqn", cartpole()), tmp_path)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = torch.rand(3), np.random.rand()  # noqa: NPY002
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    rlt.load_agent(tmp_path, device="cpu")
    assert torch.equal(torch.rand(3), expected[0])
    assert np.random.rand() == expected[1]  # noqa: NPY002


@pytest.fixture
def saved(tiny, cartpole, tmp_path):
    rlt.save(tiny("ppo", cartpole()), tmp_path / "mine")
    return tmp_path / "mine"


def refusal(directory):
    with pytest.raises(ArtifactError) as caught:
        rlt.load_agent(directory, device="cpu")
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    assert str(directory) in message
    return message


def rewrite(directory, **changes):
    path = directory / "agent.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("name", ["agent.json", "weights.safetensors", "trunk/trunk.json", "trunk/trunk.safetensors"])
def test_a_missing_or_truncated_file_is_named(name, saved):
    path = saved / name
    path.write_bytes(path.read_bytes()[:-5])
    assert str(path) in refusal(saved)
    path.unlink()
    assert str(path) in refusal(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 2},
        {"format": "1"},
        {"algorithm": "sac"},
        {"algorithm": None},
        {"settings": {"gamma": 7}},
        {"settings": 3},
        {"settings": {"net_arch": [16]}},
        {"settings": {"net_arch": "64"}},
        {"env_steps": "many"},
        {"observation_space": {"kind": "box"}},
        {"observation_space": {"kind": "discrete", "n": -1, "start": 0}},
        {"observation_space": 3},
        {"action_space": {"kind": "discrete", "n": 3, "start": 0}},
        {"action_space": {"kind": "box", "shape": [2], "dtype": "object", "low": 0, "high": 1}},
        {"action_space": None},
        {"task": 3},
        {"task": {"family": "rover", "robot": "hexapod", "task": "reach", "environment": {}}},
    ],
    ids=str,
)
def test_a_record_of_odd_content_is_refused_in_one_line(changes, saved):
    rewrite(saved, **changes)
    refusal(saved)


@pytest.mark.parametrize("content", ["[]", "null", "{}", "3", "[" * 100_000], ids=range(5))
def test_a_record_of_another_kind_is_refused_in_one_line(content, saved):
    (saved / "agent.json").write_text(content)
    refusal(saved)


def test_a_pickle_in_place_of_the_weights_is_refused_and_not_run(saved, tmp_path):
    exploded, file = tmp_path / "exploded", tmp_path / "bomb"

    class Bomb:
        def __reduce__(self):
            return type(exploded).touch, (exploded,)

    torch.save({"value_net.weight": Bomb()}, file)
    torch.load(file, weights_only=False)
    assert exploded.exists(), "the bomb must work, or the test would prove nothing"
    exploded.unlink()
    (saved / "weights.safetensors").write_bytes(file.read_bytes())
    rewrite(saved, sha256=hashlib.sha256(file.read_bytes()).hexdigest())
    refusal(saved)
    assert not exploded.exists()


def test_an_agent_of_a_family_that_is_not_installed_loads_without_its_task(saved):
    rewrite(saved, task={"family": "warehouse", "robot": "a", "task": "b", "environment": {}})
    assert rlt.load_agent(saved, device="cpu").trained_on is None


@pytest.mark.parametrize(
    "space",
    [
        spaces.Box(0, 255, (3, 64, 64), np.uint8),
        spaces.Box(-1, 1, (2,), np.float32),
        spaces.Box(np.float32([-1, -2, 0.1]), np.float32([1, 2, 0.3])),
        spaces.Box(-np.inf, np.inf, (4,), np.float32),
        spaces.Box(np.float32([-np.inf, -2.5]), np.float32([3.4028235e38, np.inf])),
        spaces.Box(np.float64([[-np.inf, 0], [1, 2]]), np.float64([[5, 6], [np.inf, 7]]), dtype=np.float64),
        spaces.Box(-5, 5, (2, 2), np.int64),
        spaces.Discrete(4),
        spaces.Discrete(3, start=-2),
    ],
    ids=str,
)
def test_a_space_comes_back_through_json(space):
    again = space_from(json.loads(json.dumps(space_record(space), allow_nan=False)))
    assert again == space
    assert again.dtype == space.dtype
    if isinstance(space, spaces.Box):
        np.testing.assert_array_equal(again.low, space.low)
        np.testing.assert_array_equal(again.high, space.high)


def test_other_kinds_of_spaces_are_refused():
    with pytest.raises(ArtifactError, match="spaces of kind MultiBinary cannot be saved"):
        space_record(spaces.Dict({"a": spaces.MultiBinary(2)}))
    with pytest.raises(ArtifactError, match="not the record of a space"):
        space_from({"kind": "box", "shape": [2]})


def test_a_folder_without_an_agent_says_what_to_name_instead(tmp_path):
    assert refusal(tmp_path) == (
        f"{tmp_path / 'agent.json'}: there is no such file, so no trained agent. Name the folder of a trial that has "
        "finished, such as runs/quickstart/source/seed-0, or one that rltransfer.save wrote."
    )
