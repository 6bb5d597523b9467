"""Agents as zips that Stable-Baselines3 opens by itself, and back."""

import base64
import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.errors import ArtifactError, ConfigError
from rltransfer.registry import ALGORITHMS
from rltransfer.trunks.specs import MLP, Grid, Impala, Nature

ALONE = """
import sys
sys.modules["rltransfer"] = None                        # as where it is not installed
import importlib, numpy as np
seen, *kinds = sys.argv[1:]
for kind in kinds:
    module, _, name = kind.partition(":")
    model = getattr(importlib.import_module(module), name).load(f"{name}.zip", device="cpu")
    np.save(f"{name}.npy", model.predict(np.load(seen), deterministic=True)[0])
"""


def actions_alone(folder, algorithms, seen):
    """What the agents of zips, each called as its class, do in a process that has no rltransfer."""
    np.save(folder / "seen.npy", seen)
    kinds = [ALGORITHMS.get(algorithm).sb3 for algorithm in algorithms]
    subprocess.run([sys.executable, "-W", "ignore", "-c", ALONE, "seen.npy", *kinds], check=True, cwd=folder)
    return [np.load(folder / f"{kind.partition(':')[2]}.npy") for kind in kinds]


def all_pickles(path):
    with zipfile.ZipFile(path) as archive:
        data = json.loads(archive.read("data"))
        other = b"".join(archive.read(name) for name in archive.namelist() if name != "data")
    return other + b"".join(
        base64.b64decode(v[":serialized:"]) for v in data.values() if isinstance(v, dict) and ":serialized:" in v
    )


def test_agents_on_nature_are_nature_cnns_where_rltransfer_is_not(tiny, frames, tmp_path):
    algorithms, wanted = ["ppo", "dqn", "qr_dqn", "recurrent_ppo"], []
    for algorithm in algorithms:
        agent = tiny(algorithm, seed=3)
        path = tmp_path / f"{ALGORITHMS.get(algorithm).sb3.partition(':')[2]}.zip"
        agent.to_sb3(path)
        assert b"rltransfer" not in all_pickles(path)
        wanted.append(agent.predict(frames, deterministic=True)[0])
    for algorithm, found, actions in zip(algorithms, actions_alone(tmp_path, algorithms, frames), wanted, strict=True):
        np.testing.assert_array_equal(found, actions, err_msg=algorithm)


@pytest.mark.parametrize("algorithm", ["a2c", "trpo", "sac", "td3", "ddpg", "tqc", "crossq"])
def test_an_agent_on_flatten_is_an_mlp_policy(algorithm, tiny, tmp_path):
    env = rlt.make_env({"id": "Pendulum-v1"}, num_envs=4)
    agent = tiny(algorithm, env, trunk="flatten", net_arch=(8,))
    path = tmp_path / "agent.zip"
    rlt.to_sb3(agent, path)
    assert b"rltransfer" not in all_pickles(path)
    seen = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    kind = ALGORITHMS.get(algorithm).sb3_class()
    np.testing.assert_array_equal(
        kind.load(path, device="cpu").predict(seen, deterministic=True)[0], agent.predict(seen, deterministic=True)[0]
    )
    learner = kind.load(path, env=env, device="cpu")
    learner.learn(64)  # what was written is a learner of its own


@pytest.mark.parametrize("algorithm", ["ppo", "sac"])
def test_there_and_back_again_nothing_is_lost(algorithm, tiny, tmp_path):
    robot = "hovercraft"
    agent = tiny(algorithm, robot=robot, net_arch=(16,), activation_fn="elu", gamma=0.93)
    agent.num_timesteps = 1234
    rlt.to_sb3(agent, tmp_path / "agent.zip")
    again = rlt.import_agent(tmp_path / "agent.zip", agent.get_env(), algorithm=algorithm, device="cpu")
    assert (again.num_timesteps, again.gamma) == (1234, 0.93)
    ours, theirs = named_parts(again), named_parts(agent)
    assert [*ours] == [*theirs]
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_an_agent_with_cached_features_reads_pictures_there(tiny, frames, tmp_path):
    model, source = tiny("ppo"), tiny("ppo", seed=7)
    rlt.Frozen(at="end").attach(model, source)
    model.learn(64)
    wanted = model.predict(frames, deterministic=True)[0]
    rlt.save(model, tmp_path / "folder")
    for number, agent in enumerate((model, tmp_path / "folder")):
        rlt.to_sb3(agent, tmp_path / f"{number}.zip")
        plain = ALGORITHMS.get("ppo").sb3_class().load(tmp_path / f"{number}.zip", device="cpu")
        np.testing.assert_array_equal(plain.predict(frames, deterministic=True)[0], wanted)


def test_statistics_go_into_a_vec_normalize_beside_it(tiny, tmp_path):
    from stable_baselines3.common.vec_env import VecNormalize

    env = rlt.make_env({"id": "Pendulum-v1"}, num_envs=4)
    agent = tiny("ppo", env, trunk="flatten", normalize="both")
    agent.learn(64)
    agent.to_sb3(tmp_path / "agent.zip")
    normalizer = agent.get_vec_normalize_env()
    again = VecNormalize.load(tmp_path / "agent-vecnormalize.pkl", rlt.make_env({"id": "Pendulum-v1"}, num_envs=4))
    np.testing.assert_array_equal(again.obs_rms.mean, normalizer.obs_rms.mean)
    assert (again.ret_rms.var, again.obs_rms.count) == (normalizer.ret_rms.var, normalizer.obs_rms.count)
    assert b"rltransfer" not in (tmp_path / "agent-vecnormalize.pkl").read_bytes()


@pytest.mark.parametrize("algorithm", ["ppo", "a2c", "trpo", "dqn", "qr_dqn"])
@pytest.mark.parametrize(("activation", "net_arch"), [("tanh", ()), ("relu", (6,))])
def test_an_agent_on_mlp_is_an_mlp_policy_with_the_trunks_layers_first(
    algorithm, activation, net_arch, tiny, cartpole, tmp_path
):
    agent = tiny(
        algorithm,
        cartpole(),
        trunk=MLP(widths=(8, 7), activation=activation),
        net_arch=net_arch,
        activation_fn=activation if net_arch else None,
    )
    path = tmp_path / "agent.zip"
    agent.to_sb3(path)
    assert b"rltransfer" not in all_pickles(path)
    seen = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    plain = ALGORITHMS.get(algorithm).sb3_class().load(path, device="cpu")
    again = rlt.import_agent(path, agent.get_env(), algorithm=algorithm, device="cpu")
    wanted = agent.predict(seen, deterministic=True)[0]
    for other in (plain, again):
        np.testing.assert_array_equal(other.predict(seen, deterministic=True)[0], wanted)
    tensor = torch.as_tensor(seen)
    with torch.no_grad():
        if hasattr(agent, "q_net_target"):
            torch.testing.assert_close(plain.q_net_target(tensor), agent.q_net_target(tensor))
        elif algorithm != "qr_dqn":
            torch.testing.assert_close(plain.policy.predict_values(tensor), agent.policy.predict_values(tensor))


def test_a_trunk_of_other_layers_than_the_heads_or_below_a_critic_of_actions_is_refused(tiny, cartpole, tmp_path):
    agent = tiny("dqn", cartpole(), trunk=MLP(widths=(8,), activation="tanh"), net_arch=(6,))
    with pytest.raises(ArtifactError, match="layers of tanh and its heads of relu"):
        agent.to_sb3(tmp_path / "agent.zip")
    agent = tiny("sac", rlt.make_env({"id": "Pendulum-v1"}, num_envs=4), trunk=MLP(widths=(8,)))
    with pytest.raises(ArtifactError, match="sac's networks put more between"):
        agent.to_sb3(tmp_path / "agent.zip")


@pytest.mark.parametrize(
    "trunk", [Impala(channels=(4,), features=8), Grid(features=8), Nature(features=8, batch_norm=True)]
)
def test_other_trunks_are_refused_with_the_reason(trunk, tiny, tmp_path):
    with pytest.raises(ArtifactError, match=r"is no network of Stable-Baselines3.*Use rltransfer\.save"):
        tiny("ppo", trunk=trunk).to_sb3(tmp_path / "agent.zip")
    assert not (tmp_path / "agent.zip").exists()


def test_a_file_that_is_no_zip_is_refused(tiny, tmp_path):
    with pytest.raises(ConfigError, match=r"\.zip"):
        tiny("ppo").to_sb3(tmp_path / "agent.pt")
