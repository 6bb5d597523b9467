"""An experiment whose source is an agent of Stable-Baselines3."""

import json

import pytest
import torch
from stable_baselines3 import DQN, PPO
from typer.testing import CliRunner

from rltransfer.agents.anatomy import task_of
from rltransfer.agents.artifact import load_agent
from rltransfer.cli import app
from rltransfer.config import load_experiment
from rltransfer.config.problems import ConfigErrors
from rltransfer.config.resolved import resolved_yaml
from rltransfer.errors import ConfigError
from rltransfer.experiment import run_experiment
from rltransfer_envs.rover.env import RoverEnv

TEXT = """\
experiment: foreign
seeds: 1
trunk: {{name: nature, features: 32}}
agent: {{algorithm: ppo, num_envs: 4, n_steps: 16, batch_size: 32, n_epochs: 1}}
source: {{family: rover, robot: omni, task: reach, agent: {agent}}}
targets:
  dusk: {{environment: {{palette: dusk}}}}
methods: [finetune]
budget: 64
evaluation: {{every: 64, episodes: 1}}
"""


@pytest.fixture
def experiment(tmp_path):
    """An experiment file whose ``source.agent`` is as given; FILE stands for a zip."""

    def make(agent, kind=PPO):
        options = {"policy_kwargs": {"features_extractor_kwargs": {"features_dim": 32}}, "device": "cpu"}
        kind("CnnPolicy", RoverEnv(), **options, **({"buffer_size": 10} if kind is DQN else {})).save(tmp_path / "a")
        path = tmp_path / "experiment.yaml"
        path.write_text(TEXT.format(agent=agent.replace("FILE", str(tmp_path / "a.zip"))))
        return path

    return make


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize(("kind", "copied"), [(PPO, "action_net.weight"), (DQN, "trunk.fc.1.weight")])
def test_a_zip_is_the_source_of_an_experiment(kind, copied, experiment, tmp_path):
    path = experiment(f"{{file: FILE, algorithm: {kind.__name__.lower()}}}", kind)
    run_experiment(path, out=tmp_path / "run", workers=1)
    folder = tmp_path / "run" / "dusk" / "finetune" / "seed-0"
    assert json.loads((folder / "status.json").read_text())["state"] == "finished"
    parameters = json.loads((folder / "transfer.json").read_text())["parameters"]
    fates = {entry["name"]: entry["fate"] for entry in parameters if entry["side"] == "target"}
    assert fates[copied] == "copied"


def test_it_is_written_out_and_read_again(experiment, tmp_path):
    config = load_experiment(experiment("{file: FILE, algorithm: ppo, hyperparameters: {clip_range: 0.1}}"))
    (tmp_path / "resolved.yaml").write_text(resolved_yaml(config))
    assert load_experiment(tmp_path / "resolved.yaml") == config
    assert config.source.agent.hyperparameters == {"clip_range": 0.1}


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        ("FILE", r"source\.agent: .*does not say its algorithm\. Write \{file: "),
        ("{file: FILE}", r"source\.agent\.algorithm: missing"),
        ("{file: FILE, algorithm: pppo}", r"source\.agent\.algorithm: .*Did you mean 'ppo'"),
        ("{file: FILE, algoritm: ppo}", r"source\.agent\.algoritm"),
        ("[FILE]", r"source\.agent: needs the folder of a trained agent"),
    ],
)
def test_what_it_needs_is_asked_for_with_file_and_line(agent, message, experiment):
    with pytest.raises(ConfigErrors, match=message):
        load_experiment(experiment(agent))


@pytest.mark.parametrize(
    ("agent", "message"),
    [
        ("{file: FILE, algorithm: dqn}", "source.agent: .*do not fit"),
        ("{file: nowhere.zip, algorithm: dqn}", "nowhere.zip does not exist"),
        ("{file: FILE, algorithm: ppo, hyperparameters: {clip: 1}}", "source.agent: .*clip: unknown key"),
        ("{file: FILE, algorithm: ppo, statistics: none.safetensors}", "source.agent: none.safetensors"),
    ],
)
def test_what_does_not_hold_is_known_before_anything_runs(agent, message, experiment, tmp_path):
    with pytest.raises(ConfigError, match=message):
        run_experiment(experiment(agent), out=tmp_path / "run")


def test_the_command_writes_it_as_a_folder(experiment, tmp_path):
    path = experiment("{file: FILE, algorithm: ppo}")
    done = CliRunner().invoke(app, ["import", str(path), "--to", str(tmp_path / "agent")])
    assert done.exit_code == 0, done.stderr
    assert "weights of ppo taken over" in " ".join(done.stdout.split())
    agent = load_agent(tmp_path / "agent")
    assert task_of(agent).robot == "omni"
    theirs = PPO.load(tmp_path / "a.zip", device="cpu").policy.action_net.weight
    assert torch.equal(agent.policy.action_net.weight, theirs)
    again = CliRunner().invoke(app, ["import", str(experiment(str(tmp_path / "agent"))), "--to", str(tmp_path / "b")])
    assert (again.exit_code, len(again.stderr.splitlines())) == (2, 1)
    assert "names no file to import" in again.stderr
