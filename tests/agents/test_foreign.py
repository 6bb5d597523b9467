"""Agents that Stable-Baselines3 saved, imported without executing anything in their files."""

import base64
import contextlib
import json
import pickle
import zipfile

import gymnasium
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from stable_baselines3 import A2C, DQN, PPO, SAC
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

import rltransfer as rlt
from rltransfer.agents.anatomy import trunk_of
from rltransfer.errors import ArtifactError, ConfigError, NothingTransferredError
from rltransfer.registry import ALGORITHMS
from rltransfer.trunks.specs import Flatten, Nature
from rltransfer_envs.rover.env import RoverEnv

DISCRETE = ("ppo", "a2c", "trpo", "recurrent_ppo", "dqn", "qr_dqn")
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")


def stock(algorithm, policy="MlpPolicy", env=None, **options):
    """A model of Stable-Baselines3 itself, with distinct weights."""
    usual = "CartPole-v1" if algorithm in DISCRETE else "Pendulum-v1"
    if algorithm not in ("ppo", "a2c", "trpo", "recurrent_ppo"):
        options = {"buffer_size": 100, **options}
    policy = "MlpLstmPolicy" if algorithm == "recurrent_ppo" else policy
    kind = ALGORITHMS.get(algorithm).sb3_class()
    return kind(policy, gymnasium.make(usual) if env is None else env, seed=7, device="cpu", **options)


def vectors(algorithm):
    return rlt.make_env({"id": "CartPole-v1" if algorithm in DISCRETE else "Pendulum-v1"}, num_envs=2, seed=1)


def observations(env, count=64):
    return np.random.default_rng(0).normal(0, 0.5, (count, *env.observation_space.shape)).astype(np.float32)


def rewritten(path, part, content):
    """The zip at ``path`` with another ``part``."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, old in {**parts, part: content}.items():
            archive.writestr(name, content if name == part else old)


@pytest.mark.parametrize("algorithm", [*DISCRETE, *CONTINUOUS])
def test_an_agent_on_vectors_acts_as_it_did_and_is_saved_and_loaded(algorithm, tmp_path):
    alike = {"policy_kwargs": {"net_arch": [16, 16]}} if algorithm == "crossq" else {}  # its critic's are wider usually
    model, env = stock(algorithm, **alike), vectors(algorithm)
    model.save(tmp_path / "agent")
    agent = rlt.import_agent(tmp_path / "agent.zip", env, algorithm=algorithm, device="cpu")
    assert trunk_of(agent).spec == Flatten()
    seen = observations(env)
    wanted = model.predict(seen, deterministic=True)[0]
    assert len(np.unique(wanted)) > 1
    np.testing.assert_array_equal(agent.predict(seen, deterministic=True)[0], wanted)
    rlt.save(agent, tmp_path / "folder")
    np.testing.assert_array_equal(rlt.load_agent(tmp_path / "folder").predict(seen, deterministic=True)[0], wanted)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_a_nature_cnn_becomes_the_trunk_nature(algorithm, frames, rover, tmp_path, undecided):
    model = stock(algorithm, "CnnPolicy", RoverEnv(), policy_kwargs={"features_extractor_kwargs": {"features_dim": 32}})
    undecided(model)
    model.save(tmp_path / "agent")
    agent = rlt.import_agent(tmp_path / "agent.zip", rover(), algorithm=algorithm, device="cpu")
    assert trunk_of(agent).spec == Nature(features=32, precision="float32")
    wanted = model.predict(frames, deterministic=True)[0]
    np.testing.assert_array_equal(agent.predict(frames, deterministic=True)[0], wanted)


def test_a_file_of_before_version_1_7_has_its_extractor_once(frames, rover, tmp_path, undecided):
    model = undecided(stock("ppo", "CnnPolicy", RoverEnv()))
    path = tmp_path / "agent.zip"
    model.save(path)
    once = {n: t for n, t in model.policy.state_dict().items() if not n.startswith(("pi_features", "vf_features"))}
    assert len(once) < len(model.policy.state_dict())
    torch.save(once, tmp_path / "policy.pth")
    rewritten(path, "policy.pth", (tmp_path / "policy.pth").read_bytes())
    agent = rlt.import_agent(path, rover(), algorithm="ppo", device="cpu")
    wanted = model.predict(frames, deterministic=True)[0]
    np.testing.assert_array_equal(agent.predict(frames, deterministic=True)[0], wanted)


def test_a_part_that_would_fill_the_memory_is_not_unpacked(tmp_path, monkeypatch):
    from rltransfer.agents import foreign_files

    stock("ppo").save(tmp_path / "agent")
    monkeypatch.setitem(foreign_files.LARGEST, "weights", 1000)
    with pytest.raises(ArtifactError, match=r"its part 'policy\.pth' is larger than"):
        rlt.import_agent(tmp_path / "agent.zip", vectors("ppo"), algorithm="ppo")


def test_actor_and_critic_have_the_trunk_each_that_they_had(frames, rover, tmp_path):
    options = {"policy_kwargs": {"features_extractor_kwargs": {"features_dim": 16}, "net_arch": [8]}}
    model = stock("sac", "CnnPolicy", RoverEnv(robot="hovercraft"), ent_coef="auto_0.3", **options)
    model.save(tmp_path / "agent")
    env = rover("hovercraft")
    agent = rlt.import_agent(tmp_path / "agent.zip", env, algorithm="sac", device="cpu")
    wanted = model.predict(frames, deterministic=True)[0]
    np.testing.assert_allclose(agent.predict(frames, deterministic=True)[0], wanted, atol=1e-6)
    critic = model.critic.features_extractor.cnn[0].weight
    assert torch.equal(agent.critic.features_extractor.trunk.stages.conv1[0].weight, critic)
    assert agent.log_ent_coef.item() == pytest.approx(np.log(0.3))


def test_what_a_zip_says_in_plain_values_is_read_and_the_rest_is_told(tmp_path):
    model = stock("ppo", learning_rate=1e-4, gamma=0.9, n_steps=32, batch_size=16, clip_range=0.3)
    model.learn(64)
    model.save(tmp_path / "agent")
    agent = rlt.import_agent(tmp_path / "agent.zip", vectors("ppo"), algorithm="ppo", device="cpu")
    assert (agent.gamma, agent.n_steps, agent.batch_size, agent.num_timesteps) == (0.9, 32, 16, 64)
    report = agent.import_report
    assert report.read["gamma"] == 0.9
    assert report.read["net_arch"] == (64, 64)
    assert report.defaults["clip_range"] == 0.2
    assert {"policy_class", "observation_space", "clip_range"} <= set(report.left)
    assert report.numbers == sum(p.numel() for p in model.policy.parameters())
    assert "left pickled, never executed: policy_class" in str(report)
    other = rlt.import_agent(tmp_path / "agent.zip", vectors("ppo"), algorithm="ppo", clip_range=0.3, gamma=0.5)
    assert (other.clip_range(1.0), other.gamma) == (0.3, 0.5)


def test_hidden_layers_keep_their_activation(tmp_path):
    env = vectors("ppo")
    model = stock("ppo", policy_kwargs={"activation_fn": torch.nn.ReLU, "net_arch": {"pi": [8], "vf": [8]}})
    model.save(tmp_path / "agent")
    agent = rlt.import_agent(tmp_path / "agent.zip", env, algorithm="ppo", device="cpu")
    rlt.save(agent, tmp_path / "folder")
    seen = observations(env)
    for one in (agent, rlt.load_agent(tmp_path / "folder", device="cpu")):
        assert isinstance(one.policy.mlp_extractor.policy_net[1], torch.nn.ReLU)
        torch.testing.assert_close(
            one.policy.predict_values(torch.as_tensor(seen)), model.policy.predict_values(torch.as_tensor(seen))
        )


def test_an_imported_agent_is_a_source_like_any_other(tmp_path):
    stock("ppo").save(tmp_path / "agent")
    source = rlt.import_agent(tmp_path / "agent.zip", vectors("ppo"), algorithm="ppo")
    model = rlt.make_agent("ppo", vectors("ppo"), trunk="flatten", net_arch=(64, 64), n_steps=16, batch_size=32)
    report = rlt.Finetune().attach(model, source)
    assert set(report.counts()) == {"copied"}
    seen = observations(source)
    np.testing.assert_array_equal(
        model.predict(seen, deterministic=True)[0], source.predict(seen, deterministic=True)[0]
    )
    model.learn(32)
    deeper = rlt.make_agent("ppo", vectors("ppo"), trunk="flatten", net_arch=(32,))
    with pytest.raises(NothingTransferredError):
        rlt.Finetune(heads="reinit").attach(deeper, source)


def test_of_a_task_the_spaces_are_taken(tmp_path, frames):
    from rltransfer.registry import FAMILIES

    stock("ppo", "CnnPolicy", RoverEnv()).save(tmp_path / "agent")
    task = FAMILIES.get("rover").task(robot="omni")
    agent = rlt.import_agent(tmp_path / "agent.zip", task, algorithm="ppo", device="cpu")
    assert agent.get_env() is None
    assert agent.predict(frames)[0].shape == (16,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"env": "cartpole"}, r"which algorithm trained it stands there only pickled\. Give algorithm='ppo'"),
        ({"algorithm": "ppo"}, r"the spaces stand there only pickled\. Give env"),
        ({"algorithm": "pppo", "env": "cartpole"}, r"Did you mean 'ppo'"),
        ({"algorithm": "ppo", "env": "cartpole", "net_arch": (32,)}, r"0\.bias is \(64,\) in the file and \(32,\)"),
        ({"algorithm": "ppo", "env": "pendulum"}, r"net\.bias is \(2,\) in the file and \(1,\) here.*Give the algo"),
        ({"algorithm": "dqn", "env": "cartpole"}, r"do not fit: action_net\.bias is \(2,\) in the file and absent"),
        ({"algorithm": "ppo", "env": "cartpole", "clip": 1}, r"clip: unknown key"),
        ({"algorithm": "ppo", "env": "cartpole", "statistics": {"mean": 0}}, r"observation\.mean"),
    ],
)  # fmt: skip
def test_what_is_missing_or_does_not_hold_is_named_in_one_line(arguments, message, tmp_path):
    stock("ppo").save(tmp_path / "agent")
    env = arguments.pop("env", None)
    env = env and vectors("ppo" if env == "cartpole" else "sac")
    with pytest.raises((ConfigError, ArtifactError), match=message) as caught:
        rlt.import_agent(tmp_path / "agent.zip", env, **arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"use_sde": True}, "use_sde=True"),
        (
            {"policy_kwargs": {"net_arch": {"pi": [8], "vf": [16]}}},
            r"its hidden layers differ \(\[8\] in mlp_extractor",
        ),
        ({"policy_kwargs": {"net_arch": {"pi": [8], "vf": []}}}, r"its hidden layers differ"),
        ({"policy_kwargs": {"activation_fn": torch.nn.SiLU}}, "followed by 'SiLU'; tanh, relu"),
    ],
)
def test_an_agent_that_cannot_be_built_here_is_refused_with_the_reason(options, message, tmp_path):
    env = gymnasium.make("Pendulum-v1")
    PPO("MlpPolicy", env, device="cpu", **options).save(tmp_path / "agent")
    with pytest.raises(ArtifactError, match=message):
        rlt.import_agent(tmp_path / "agent.zip", vectors("sac"), algorithm="ppo")


def test_pickles_beside_the_weights_are_never_executed(tmp_path, bomb):
    model, path, mark = stock("ppo"), tmp_path / "agent.zip", tmp_path / "mark"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        data = json.loads(archive.read("data"))
    for record in data.values():
        if isinstance(record, dict) and ":serialized:" in record:
            record[":serialized:"] = base64.b64encode(pickle.dumps(bomb(mark))).decode()
    rewritten(path, "data", json.dumps(data))
    with contextlib.suppress(Exception):  # it runs into what the pickles left, once they were executed
        PPO.load(path)
    assert mark.exists(), "the file must be a dangerous one, or this test shows nothing"
    mark.unlink()
    agent = rlt.import_agent(path, vectors("ppo"), algorithm="ppo", device="cpu")
    seen = observations(agent)
    np.testing.assert_array_equal(
        agent.predict(seen, deterministic=True)[0], model.predict(seen, deterministic=True)[0]
    )
    assert not mark.exists()


@pytest.mark.parametrize("part", ["policy.pth", "pytorch_variables.pth"])
@pytest.mark.parametrize("form", ["torch", "pickle"])
def test_code_among_the_weights_is_refused_and_not_executed(part, form, tmp_path, bomb):
    path, mark = tmp_path / "agent.zip", tmp_path / "mark"
    stock("ppo").save(path)
    content = {"weight": bomb(mark)}
    torch.save(content, tmp_path / "bomb.pth")
    content = (tmp_path / "bomb.pth").read_bytes() if form == "torch" else pickle.dumps(content)
    rewritten(path, part, content)
    with pytest.raises(
        ArtifactError, match=rf"{part}: (it would execute (builtins.)?exec|.* which would execute) on being read"
    ) as caught:
        rlt.import_agent(path, vectors("ppo"), algorithm="ppo")
    assert "\n" not in str(caught.value)
    (tmp_path / "bomb.pt").write_bytes(content)
    with pytest.raises(ArtifactError, match="would execute"):
        rlt.import_weights(stock("ppo"), tmp_path / "bomb.pt")
    assert not mark.exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken", "no parts", "data is a list"])
def test_a_damaged_file_is_told_in_one_line(content, tmp_path):
    path = tmp_path / "agent.zip"
    stock("ppo").save(path)
    if content == "no parts":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme", "nothing")
    elif content == "data is a list":
        rewritten(path, "data", "[1, 2]")
    else:
        path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"agent\.zip") as caught:
        rlt.import_agent(path, vectors("ppo"), algorithm="ppo")
    assert "\n" not in str(caught.value)


def test_an_agent_that_learned_from_normalised_observations_needs_its_statistics(tmp_path):
    env = VecNormalize(DummyVecEnv([lambda: gymnasium.make("Pendulum-v1")]))
    model = A2C("MlpPolicy", env, device="cpu", seed=0)
    model.learn(200)
    model.save(tmp_path / "agent")
    moments = env.obs_rms
    numbers = {"mean": moments.mean, "var": moments.var, "count": np.asarray(moments.count, np.float64)}
    save_file({f"observation.{k}": torch.as_tensor(v) for k, v in numbers.items()}, tmp_path / "moments.safetensors")
    raw = 3 * observations(env)
    wanted = model.predict(env.normalize_obs(raw), deterministic=True)[0]
    agent = rlt.import_agent(
        tmp_path / "agent.zip", vectors("sac"), algorithm="a2c", statistics=tmp_path / "moments.safetensors"
    )
    scaled = agent.get_vec_normalize_env().normalize_obs(raw)
    np.testing.assert_allclose(agent.predict(scaled, deterministic=True)[0], wanted, atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"observation.count": None}, ConfigError, r"observation\.count is missing"),
        ({"observation.men": 0}, ConfigError, r"observation\.men is unknown"),
        ({"observation.mean": [0, 1], "observation.var": [1, 1]}, ArtifactError, "do not fit"),
        ({"observation.mean": np.nan, "observation.var": 1}, ArtifactError, "not the record of statistics"),
    ],
)
def test_statistics_that_do_not_hold_are_refused(changes, error, message, tmp_path):
    stock("sac").save(tmp_path / "agent")
    given = {"observation.mean": np.zeros(3), "observation.var": np.ones(3), "observation.count": 1, **changes}
    given = {name: value for name, value in given.items() if value is not None}
    with pytest.raises(error, match=message):
        rlt.import_agent(tmp_path / "agent.zip", vectors("sac"), algorithm="sac", statistics=given)


@pytest.mark.parametrize("kind", [DQN, SAC])
def test_a_stock_mlp_policy_is_adopted_as_it_is(kind, tmp_path):
    model = stock(kind.__name__.lower())
    env = vectors(kind.__name__.lower())
    seen = observations(env)
    wanted = model.predict(seen, deterministic=True)[0]
    rlt.save(model, tmp_path / "agent")
    assert trunk_of(model).spec == Flatten()
    for agent in (model, rlt.load_agent(tmp_path / "agent", device="cpu")):
        np.testing.assert_array_equal(agent.predict(seen, deterministic=True)[0], wanted)


def test_whole_numbers_that_the_model_reads_as_they_are_make_no_trunk(tmp_path):
    class Bytes(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(0, 255, (4,), np.uint8)
        action_space = gymnasium.spaces.Discrete(2)

    with pytest.raises(rlt.RLTransferError, match="whole numbers of 0 to 255 as they are"):
        rlt.save(PPO("MlpPolicy", Bytes(), device="cpu"), tmp_path)


def test_a_policy_of_several_inputs_is_refused_with_the_way_to_bring_its_weights(tmp_path):
    class Parts(gymnasium.Env):
        observation_space = gymnasium.spaces.Dict(
            camera=gymnasium.spaces.Box(0, 255, (3, 36, 36), np.uint8),
            speed=gymnasium.spaces.Box(-1, 1, (2,), np.float32),
        )
        action_space = gymnasium.spaces.Discrete(2)

    PPO("MultiInputPolicy", Parts(), n_steps=2, batch_size=2, device="cpu").save(tmp_path / "agent")
    with pytest.raises(ArtifactError, match=r"no NatureCNN\. .*import_weights\(agent, file, key_map\)"):
        rlt.import_agent(tmp_path / "agent.zip", DummyVecEnv([Parts]), algorithm="ppo")
