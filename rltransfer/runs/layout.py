"""Where everything of a run lies. No other module knows paths."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rltransfer.errors import ArtifactError
from rltransfer.files import read_bytes, write_atomically, write_json

SOURCE = "source"
_NO_STATUS = "not the status of a trial. Delete the folder, and the trial runs again."
State = Literal["running", "finished", "failed", "interrupted", "not applicable"]


@dataclass(frozen=True, kw_only=True)
class EvaluationRow:
    """One line of ``evaluations.csv``.

    Args:
        env_steps: environment steps of the learner on its own task.
        on: the task played: ``target``, or ``source``.
        return_mean: mean undiscounted return over the episodes.
        return_std: their standard deviation.
        length_mean: mean episode length in steps.
        success_rate: fraction of successes, or None where the task defines none.
        episodes: how many were played.
        train_seconds: time spent training so far, without evaluations.
    """

    env_steps: int
    on: str
    return_mean: float
    return_std: float
    length_mean: float
    success_rate: float | None
    episodes: int
    train_seconds: float


@dataclass(frozen=True, order=True)
class TrialName:
    """Which trial of a run: ``("source", "", seed)`` for a source agent."""

    target: str
    method: str
    seed: int

    @property
    def is_source(self) -> bool:
        """Whether the trial trains a source agent."""
        return self.target == SOURCE

    def __str__(self) -> str:
        parts = [self.target, self.method, f"seed-{self.seed}"]
        return "/".join(part for part in parts if part)


class TrialDirectory:
    """The files of one trial. They are the truth; everything else in a run can be made again from them."""

    def __init__(self, run: Path, name: TrialName) -> None:
        self.name = name
        self.path = run / str(name)
        self.agent = self.path / "agent"
        self.log = self.path / "log.txt"
        self.transfer = self.path / "transfer.json"
        self._status = self.path / "status.json"
        self._evaluations = self.path / "evaluations.csv"

    def clear(self) -> None:
        """Remove what an unfinished attempt left."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)

    def status(self) -> dict[str, Any]:
        """The last status written, or an empty mapping. Raises ArtifactError where it cannot be read."""
        if not self._status.exists():
            return {}
        try:
            status = json.loads(read_bytes(self._status))
        except ValueError:
            status = None
        if not isinstance(status, dict) or not isinstance(status.get("state"), str):
            raise ArtifactError(f"{self._status}: {_NO_STATUS}")
        return status

    def write_status(self, state: State, **more: Any) -> None:
        """Write the state of the trial with what belongs to it."""
        write_json(self._status, {"state": state, **asdict(self.name), **more})

    @property
    def is_done(self) -> bool:
        """Whether the trial need not run again."""
        return self.status().get("state") in ("finished", "not applicable")

    def write_evaluations(self, rows: Sequence[EvaluationRow]) -> None:
        """Write all evaluations so far."""
        text = io.StringIO()
        writer = csv.DictWriter(text, list(EvaluationRow.__dataclass_fields__), lineterminator="\n")
        writer.writeheader()
        writer.writerows({k: "" if v is None else v for k, v in asdict(row).items()} for row in rows)
        write_atomically(self._evaluations, text.getvalue().encode())

    def evaluations(self) -> list[EvaluationRow]:
        """Every evaluation written. Raises ArtifactError where the file does not hold."""
        try:
            rows = list(csv.DictReader(io.StringIO(read_bytes(self._evaluations).decode())))
            return [
                EvaluationRow(
                    env_steps=int(row["env_steps"]),
                    on=row["on"],
                    return_mean=float(row["return_mean"]),
                    return_std=float(row["return_std"]),
                    length_mean=float(row["length_mean"]),
                    success_rate=float(row["success_rate"]) if row["success_rate"] else None,
                    episodes=int(row["episodes"]),
                    train_seconds=float(row["train_seconds"]),
                )
                for row in rows
            ]
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise ArtifactError(
                f"{self._evaluations}: not a table of evaluations. Delete the folder, and the trial runs again."
            ) from error


class RunDirectory:
    """The files of one run.

    Args:
        path: of the run; made where it does not exist, once something is written.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.config = self.path / "experiment.yaml"
        self.manifest = self.path / "manifest.json"
        self.lock = self.path / ".lock"
        self.result = self.path / "result.json"
        self.table = self.path / "result.txt"
        self.curves = self.path / "curves.png"
        self.gains = self.path / "gains.png"
        self.sizes = self.path / "sizes.png"

    def trial(self, name: TrialName) -> TrialDirectory:
        """The files of one trial."""
        return TrialDirectory(self.path, name)
