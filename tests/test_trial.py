"""A whole trial in this process: what it leaves behind, and that it comes out the same again."""

import pytest

import rltransfer as rlt
from rltransfer.config import parse_experiment
from rltransfer.runs import RunDirectory, TrialName
from rltransfer.trial import Trial, run_trial

TEXT = """\
experiment: tiny
seeds: 1
agent: {{algorithm: {algorithm}, num_envs: 4, {options}}}
source: {{family: rover, budget: 128}}
targets: {{dusk: {{environment: {{palette: dusk}}}}}}
methods: [hard_sharing]
budget: 128
evaluation: {{every: 64, episodes: 3}}
"""
OPTIONS = {
    "ppo": "n_steps: 16, batch_size: 32, n_epochs: 1",
    "dqn": "learning_starts: 32, batch_size: 16, buffer_size: 500, gradient_steps: 1",
}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_learning_beside_the_source_comes_out_the_same_again(algorithm, tmp_path):
    config = parse_experiment(TEXT.format(algorithm=algorithm, options=OPTIONS[algorithm]))
    trials = [TrialName("source", "", 0), TrialName("dusk", "hard_sharing", 0)]
    left = []
    for run in (tmp_path / "first", tmp_path / "second"):
        for name in trials:
            run_trial(Trial(run=run, config=config, name=name), lambda content: None)
        directory = RunDirectory(run).trial(trials[1])
        rows = [(row.env_steps, row.on, row.return_mean) for row in directory.evaluations()]
        left.append((rows, (directory.agent / "trunk" / "trunk.safetensors").read_bytes()))
        status = directory.status()
        assert (status["source_trained_steps"], status["source_env_steps"]) == (128, 128)
        assert rlt.load_trunk(directory.path).features_dim == rlt.load_trunk(directory.agent).features_dim
    assert left[0] == left[1]
