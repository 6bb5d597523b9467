"""Experiment files: YAML to frozen, complete settings; every error at once, located. Imports no torch."""

from rltransfer.config.experiment_config import EvaluationSettings, ExperimentConfig
from rltransfer.config.load import load_experiment, parse_experiment
from rltransfer.config.problems import ConfigErrors, Problem
from rltransfer.config.resolved import differing_keys, resolved_yaml
from rltransfer.config.task_settings import (
    AdHocFamily,
    DataFamily,
    ForeignAgent,
    PublishedFamily,
    SourceSettings,
    TargetSettings,
    TaskSettings,
)

__all__ = [
    "AdHocFamily",
    "ConfigErrors",
    "DataFamily",
    "EvaluationSettings",
    "ExperimentConfig",
    "ForeignAgent",
    "Problem",
    "PublishedFamily",
    "SourceSettings",
    "TargetSettings",
    "TaskSettings",
    "differing_keys",
    "load_experiment",
    "parse_experiment",
    "resolved_yaml",
]
