"""Runs on disk: layout, manifest, lock. No other package knows paths."""

from rltransfer.runs.layout import SOURCE, EvaluationRow, RunDirectory, TrialDirectory, TrialName
from rltransfer.runs.opening import opened

__all__ = ["SOURCE", "EvaluationRow", "RunDirectory", "TrialDirectory", "TrialName", "opened"]
