"""What a launcher runs and what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Tell = Callable[[Any], None]
"""Given to a job; what it is called with reaches the launcher's listener."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work for a process of its own.

    Args:
        name: unique among the jobs of a launch.
        run: a module-level function; called with ``argument`` and a ``Tell``.
        argument: any picklable value.
        after: names of jobs that must have finished; where one fails, this job is not run.
    """

    name: str
    run: Callable[[Any, Tell], None]
    argument: Any
    after: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobEvent:
    """Something that happened to a job.

    Args:
        name: of the job.
        kind: ``told`` carries what the job said; ``failed`` and ``not run`` carry the reason.
        content: see ``kind``.
    """

    name: str
    kind: Literal["started", "told", "finished", "failed", "not run"]
    content: Any = None


Listener = Callable[[JobEvent], None]
