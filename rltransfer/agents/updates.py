"""Hearing of each update of an agent, whatever its algorithm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import extend


class TellsOfUpdates(BaseAlgorithm):
    """What an agent gains by ``after_updates``: it calls what listens whenever it has learned."""

    listeners: list[Callable[[], None]]

    def train(self, *args: Any, **kwargs: Any) -> None:
        """One update, then every listener."""
        super().train(*args, **kwargs)  # type: ignore[misc]
        for hear in self.listeners:
            hear()

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "listeners"]


def after_updates(model: BaseAlgorithm, hear: Callable[[], None]) -> None:
    """Call ``hear`` after each call of the model's ``train``: a rollout's epochs, or a round of gradient steps."""
    if not isinstance(model, TellsOfUpdates):
        extend(model, TellsOfUpdates, first=True).listeners = []  # type: ignore[attr-defined]
    assert isinstance(model, TellsOfUpdates)
    model.listeners.append(hear)
