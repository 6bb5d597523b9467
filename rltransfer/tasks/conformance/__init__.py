"""What every family keeps to: one suite of checks, for those that ship with rltransfer and for users' own.

Each check is a function of a family that raises ``Violation`` with what was found. ``rltransfer check-family NAME``
runs them all; so do the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rltransfer.errors import MissingExtraError, RLTransferError
from rltransfer.tasks.conformance.checking import NOT_OFFERED, Effort, Violation, every_task
from rltransfer.tasks.conformance.declaration import (
    declared_plainly,
    described,
    gymnasium_and_sb3_checkers,
    spaces_as_declared,
)
from rltransfer.tasks.conformance.episodes import ends_are_told_truly, frames_are_drawn, randomised_every_episode
from rltransfer.tasks.conformance.factors import factors_act, idle_where_declared, sets_fit_their_task
from rltransfer.tasks.conformance.rollouts import (
    batch_size_changes_nothing,
    deterministic,
    empty_variation_is_upstream,
    restating_defaults_changes_nothing,
    state_round_trip,
)
from rltransfer.tasks.family import Family

__all__ = ["CHECKS", "NOT_OFFERED", "Effort", "Finding", "Violation", "check_family"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check said.

    Args:
        check: its name.
        outcome: ``kept``, ``broken`` or ``not offered``.
        detail: what was found, one line.
    """

    check: str
    outcome: str
    detail: str = ""


def check_family(family: Family, *, effort: Effort | None = None) -> Iterator[Finding]:
    """Run every check; a check that breaks off with an error of rltransfer's counts as broken.

    Raises:
        MissingExtraError: before the first check, where the family's simulator is not installed.
    """
    _simulator_is_here(family)
    for name, check in CHECKS.items():
        try:
            detail = check(family, effort or Effort())
            is_offered = not detail.startswith(NOT_OFFERED)
            outcome = "kept" if is_offered else "not offered"
            yield Finding(check=name, outcome=outcome, detail=detail.removeprefix(NOT_OFFERED))
        except (Violation, RLTransferError) as found:
            yield Finding(check=name, outcome="broken", detail=str(found))


def _simulator_is_here(family: Family) -> None:
    """Make one environment. Raises MissingExtraError; whatever else goes wrong is for a check to find."""
    try:
        family.make_vec(next(every_task(family)), num_envs=1).close()
    except MissingExtraError:
        raise
    except Exception:
        return


CHECKS: dict[str, Callable[[Family, Effort], str]] = {
    check.__name__.replace("_", " "): check
    for check in (
        declared_plainly,
        described,
        spaces_as_declared,
        gymnasium_and_sb3_checkers,
        deterministic,
        batch_size_changes_nothing,
        empty_variation_is_upstream,
        restating_defaults_changes_nothing,
        factors_act,
        idle_where_declared,
        sets_fit_their_task,
        ends_are_told_truly,
        state_round_trip,
        frames_are_drawn,
        randomised_every_episode,
    )
}
"""Every check by its name in words; its docstring says what is promised."""
