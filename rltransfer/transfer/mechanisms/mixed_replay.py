"""A replay buffer that gives source rows beside its own, from when its agent learns."""

from __future__ import annotations

from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer
from stable_baselines3.common.type_aliases import ReplayBufferSamples

from rltransfer.agents.adoption import extend
from rltransfer.agents.draws import drawing_apart
from rltransfer.agents.feature_cache import FeatureCache
from rltransfer.agents.normalizing import statistics_of
from rltransfer.errors import NotApplicableError
from rltransfer.transfer.mechanisms.instances import SourceRows


class DrawsSourceRows(ReplayBuffer):
    """What a replay buffer gains by ``put_beside``."""

    source_rows: SourceRows

    def sample(self, batch_size: int, env: Any = None) -> ReplayBufferSamples:
        """A minibatch of target rows and source rows.

        The target rows are drawn first, and as ever, so that the process's generators give what they would without.
        """
        target_rows = self.size() * self.n_envs
        if self.source_rows.is_due():
            count = min(self.source_rows.examples, target_rows)
            with drawing_apart(self.source_rows.model, f"target rows at step {self.source_rows.model.num_timesteps}"):
                self.source_rows.estimate(super().sample(count, env), target_rows)
        samples = super().sample(batch_size, env)
        self.source_rows.mix_into(samples, target_rows)
        return samples


class ReplaysSource(BaseAlgorithm):
    """What an agent gains by ``put_beside``: its buffer, whatever became of it, has source rows once it learns."""

    source_rows: SourceRows

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        buffer: Any = self.replay_buffer  # type: ignore[attr-defined]
        if not isinstance(buffer, DrawsSourceRows) or getattr(buffer, "source_rows", None) is not self.source_rows:
            self.source_rows.prepare()
            extend(buffer, DrawsSourceRows, first=True).source_rows = self.source_rows
        return super()._setup_learn(*args, **kwargs)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "source_rows"]


def put_beside(rows: SourceRows) -> None:
    """Let the model's replay buffer give source rows, too, from when it learns."""
    replaying = extend(rows.model, ReplaysSource, first=True)
    assert isinstance(replaying, ReplaysSource)
    replaying.source_rows = rows


def require_one_step_rows(model: BaseAlgorithm, source: BaseAlgorithm) -> None:
    """Raise NotApplicableError where the source's transitions cannot stand in the model's replay buffer."""
    buffer = getattr(model, "replay_buffer", None)
    if buffer is None or isinstance(buffer, NStepReplayBuffer) or hasattr(buffer, "her_ratio"):
        raise NotApplicableError("source transitions need a replay buffer of single steps")
    if statistics_of(model) is not None or statistics_of(source) is not None:
        raise NotApplicableError(
            "a replay buffer holds raw transitions, and the source's are scaled by its running statistics: leave "
            "'normalize' out"
        )
    if isinstance(source.get_env(), FeatureCache):
        raise NotApplicableError(
            "the source gives cached features in the place of observations; save the agent and load it"
        )
