"""Training folders of rl-zoo3: their YAML is read as plain data and their pickles are not read."""

import pickle

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO

import rltransfer as rlt
from rltransfer.agents.training_folder import read_training_folder
from rltransfer.errors import ArtifactError, ConfigError

CONFIG = """!!python/object/apply:collections.OrderedDict
- - - env_wrapper
    - - gymnasium.wrappers.TimeLimit
  - - frame_stack
    - 4
  - - normalize
    - {normalize}
  - - odd
    - !!python/object/apply:os.system ["touch {mark}"]
  - - window
    - !!python/tuple [1, 2]
"""
ARGUMENTS = """!!python/object/apply:collections.OrderedDict
- - - algo
    - {algo}
  - - env
    - CartPole-v1
"""


@pytest.fixture
def folder(tmp_path, bomb):
    """The folder that rl-zoo3 leaves: the zip, and beside it a folder of its YAML files and a pickle."""

    def make(normalize="false", algo="ppo", layout="logs"):
        model = PPO("MlpPolicy", gymnasium.make("CartPole-v1"), seed=7, device="cpu")
        model.save(tmp_path / "CartPole-v1.zip")
        beside = tmp_path / "CartPole-v1" if layout == "logs" else tmp_path
        beside.mkdir(exist_ok=True)
        (beside / "config.yml").write_text(CONFIG.format(normalize=normalize, mark=tmp_path / "mark"))
        (beside / "args.yml").write_text(ARGUMENTS.format(algo=algo))
        (beside / "vecnormalize.pkl").write_bytes(pickle.dumps(bomb(tmp_path / "mark")))
        return tmp_path, model

    return make


def test_aliases_in_a_small_file_do_not_fill_the_memory(tmp_path):
    (tmp_path / "agent.zip").write_bytes(b"")
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 30)}]" for n in range(1, 6))]
    (tmp_path / "config.yml").write_text("\n".join([*lines, "env_kwargs: *a5", "frame_stack: 4"]))
    kwargs, stack = sorted(read_training_folder(tmp_path).around())
    assert len(kwargs) < 100_000  # written out, it is 30 ** 5 lists
    assert stack == "frame_stack: 4"


@pytest.mark.parametrize("layout", ["logs", "flat"])
@pytest.mark.parametrize("named", ["folder", "zip"])
def test_the_folder_says_the_algorithm_and_what_the_environment_was_put_into(layout, named, folder, cartpole):
    path, model = folder(layout=layout)
    agent = rlt.import_agent(path if named == "folder" else path / "CartPole-v1.zip", cartpole(), device="cpu")
    told = str(agent.import_report)
    assert "trained in CartPole-v1" in told
    assert "frame_stack: 4; the one given here must be, too" in told
    assert "env_wrapper: ['gymnasium.wrappers.TimeLimit']" in told
    assert "vecnormalize.pkl is a pickle and was not read" in told
    seen = np.random.default_rng(0).normal(size=(32, 4)).astype(np.float32)
    np.testing.assert_array_equal(
        agent.predict(seen, deterministic=True)[0], model.predict(seen, deterministic=True)[0]
    )
    assert not (path / "mark").exists()


@pytest.mark.parametrize(
    ("normalize", "needed"),
    [("true", True), ("'{''norm_obs'': True}'", True), ("'{''norm_obs'': False, ''norm_reward'': True}'", False)],
)
def test_statistics_are_asked_for_where_observations_were_normalised(normalize, needed, folder, cartpole):
    path, _ = folder(normalize=normalize)
    if needed:
        with pytest.raises(ConfigError, match=r"vecnormalize\.pkl is a pickle, which is not read\. Give statistics"):
            rlt.import_agent(path, cartpole())
    moments = {"observation.mean": np.zeros(4), "observation.var": np.ones(4), "observation.count": 1.0}
    agent = rlt.import_agent(path, cartpole(), statistics=moments)
    assert agent.get_vec_normalize_env() is not None
    assert rlt.import_agent(path, cartpole(), normalize="none").get_vec_normalize_env() is None


def test_python_objects_in_the_yaml_are_plain_data(folder):
    path, _ = folder(algo="qrdqn")
    found = read_training_folder(path)
    assert found.algorithm == "qr_dqn"
    assert found.config["window"] == [1, 2]
    assert found.config["odd"] == [f"touch {path / 'mark'}"]
    assert not (path / "mark").exists()


def test_which_of_several_agents_is_asked_for(folder, cartpole):
    path, model = folder()
    model.save(path / "best_model.zip")
    with pytest.raises(ArtifactError, match=r"has CartPole-v1\.zip, best_model\.zip\. Name the file"):
        rlt.import_agent(path, cartpole())
    assert read_training_folder(path / "best_model.zip").algorithm == "ppo"


@pytest.mark.parametrize("content", ["[1, 2", "- - - one", "just text", "x" * 2_000_000])
def test_a_broken_yaml_is_told_in_one_line(content, folder, cartpole):
    path, _ = folder()
    (path / "CartPole-v1" / "config.yml").write_text(content)
    with pytest.raises(ArtifactError, match=r"config\.yml") as caught:
        rlt.import_agent(path, cartpole())
    assert "\n" not in str(caught.value)
