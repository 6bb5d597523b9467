"""Stages that begin to learn one after the other, while the agent learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import extend
from rltransfer.agents.anatomy import trunk_sites


class UnfreezesGradually(BaseAlgorithm):
    """What an agent gains by ``unfreeze_gradually``."""

    learns_from: dict[str, int]
    """Environment steps from which a stage learns; those that learn already are no longer in it."""
    _told: Callable[[str, int], None]

    def train(self, *args: Any, **kwargs: Any) -> None:
        """An update, in which the stages learn whose time has come."""
        while self.learns_from:
            stage, env_steps = next(iter(self.learns_from.items()))
            if self.num_timesteps < env_steps:
                break
            for site in trunk_sites(self):
                site.trunk.unfreeze_stages([stage])
            self._told(stage, self.num_timesteps)
            del self.learns_from[stage]
        super().train(*args, **kwargs)  # type: ignore[misc]

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_told"]


def unfreeze_gradually(model: BaseAlgorithm, learns_from: Mapping[str, int], told: Callable[[str, int], None]) -> None:
    """Freeze stages in every trunk copy, and let each learn from some time on.

    A frozen parameter has no gradient, so an optimizer that holds it neither moves it nor counts the step in its
    moments: when its time comes it starts like any other.

    Args:
        model: whose optimizers stand for good; their parameters are these.
        learns_from: environment steps of the model by stage, the soonest first; looked up before each update.
        told: called with a stage and the environment steps when it begins to learn.
    """
    for site in trunk_sites(model):
        site.trunk.freeze_stages(learns_from)
    unfreezing = extend(model, UnfreezesGradually, first=True)
    assert isinstance(unfreezing, UnfreezesGradually)
    unfreezing.learns_from, unfreezing._told = dict(learns_from), told
