"""Experiments on Gymnasium ids: the trunk that they get, and changed attributes that are missing or do nothing."""

import pytest

from rltransfer.config import resolved_yaml
from rltransfer.config.load import parse_experiment
from rltransfer.errors import ConfigError, NoEffectWarning
from rltransfer.experiment import check_parts, with_usual_trunk
from rltransfer.trunks.specs import MLP

POLES = """\
experiment: poles
agent: {algorithm: ppo, num_envs: 4, n_steps: 16}
source: {family: {id: CartPole-v1}, budget: 128}
targets: {moon: {family: {id: CartPole-v1, attributes: {gravity: 1.6}}}}
methods: [METHOD]
budget: 128
"""


def test_an_experiment_warns_once_of_what_changes_nothing_and_names_the_task():
    config = parse_experiment("""\
experiment: poles
trunk: mlp
agent: {algorithm: ppo, num_envs: 4, n_steps: 16}
source: {family: {id: CartPole-v1, attributes: {masscart: 5.0}}, budget: 128}
targets:
  same: {family: {id: CartPole-v1, attributes: {masscart: 5.0}, wrappers: [{time_limit: {steps: 9}}]}}
  moon: {family: {id: CartPole-v1, attributes: {gravity: 1.6, masspole: 0.1}}}
methods: [direct]
budget: 128
""")
    with pytest.warns(NoEffectWarning) as told:
        check_parts(config)
    assert [str(warning.message).split(" had no effect")[0] for warning in told] == [
        "source: environment 'CartPole-v1': attribute 'masscart'",
        "targets.moon: environment 'CartPole-v1': attribute 'masspole'",
    ]


def test_vectors_are_read_by_mlp_where_an_experiment_names_no_trunk():
    config = with_usual_trunk(parse_experiment(POLES.replace("METHOD", "finetune")))
    assert config.trunk == MLP()
    assert check_parts(config)["precision"] == "float32"
    assert parse_experiment(resolved_yaml(config)).trunk == MLP()
    named = parse_experiment(POLES.replace("METHOD", "finetune") + "trunk: nature\n")
    with pytest.raises(ConfigError, match=r"^source: trunk 'nature' reads images.*Use trunk 'mlp' for vectors"):
        check_parts(with_usual_trunk(named))


def test_stages_of_the_trunk_that_an_experiment_does_not_name_must_be_there():
    with pytest.raises(ConfigError, match="unknown stage 'conv3'"):
        with_usual_trunk(parse_experiment(POLES.replace("METHOD", "frozen: {at: conv3}")))
    with_usual_trunk(parse_experiment(POLES.replace("METHOD", "frozen: {at: fc1}")))
    with pytest.raises(ConfigError, match="unknown stage 'fc1'"):
        with_usual_trunk(parse_experiment(POLES.replace("METHOD", "frozen: {at: fc1}") + "trunk: nature\n"))


def test_an_experiment_refuses_an_attribute_that_is_not_there_and_names_the_task():
    config = parse_experiment("""\
experiment: poles
trunk: mlp
source: {family: {id: CartPole-v1}, budget: 20_000}
targets: {moon: {family: {id: CartPole-v1, attributes: {gravty: 1.6}}}}
methods: [direct]
budget: 20_000
""")
    with pytest.raises(ConfigError, match=r"^targets.moon: environment 'CartPole-v1': .*Did you mean 'gravity'\?$"):
        check_parts(config)
