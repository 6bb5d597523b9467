"""Running statistics that observations and rewards are scaled by: they belong to an agent, and travel with it.

Weights that were learned on normalised observations mean nothing on raw ones, and little on others' statistics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.running_mean_std import RunningMeanStd
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from rltransfer.agents.foreign_files import read_weights
from rltransfer.errors import ArtifactError, ConfigError
from rltransfer.tasks.perceived import beside, perceived, perceived_key

if TYPE_CHECKING:
    from gymnasium import Env

Normalized = Literal["none", "observations", "rewards", "both"]
WHOLE = "observation"
"""What the statistics of observations in one part are called."""


def normalizing_env(env: VecEnv | Env[Any, Any], which: Normalized, *, gamma: float) -> VecEnv | Env[Any, Any]:
    """``env`` in Stable-Baselines3's ``VecNormalize``, where it is not in one already.

    Args:
        env: copies of an environment, or one.
        which: what to normalise; of observations in several parts all but pictures.
        gamma: by which returns are discounted whose variance scales the rewards.

    Raises:
        ConfigError: the observations are pictures, which trunks scale themselves.
    """
    if which == "none":
        return env
    wrapped = BaseAlgorithm._wrap_env(env, verbose=0)
    observations = which in ("observations", "both")
    keys = normalized_keys(wrapped.observation_space) if observations else []
    if observations and not keys:
        raise ConfigError("normalize: trunks scale pictures themselves; give 'rewards', or 'none'")
    parted = isinstance(wrapped.observation_space, spaces.Dict)
    return VecNormalize(
        wrapped,
        norm_obs=observations,
        norm_reward=which in ("rewards", "both"),
        gamma=gamma,
        norm_obs_keys=keys if parted and observations else None,
    )


def normalized_keys(space: spaces.Space[Any]) -> list[str]:
    """The parts of observations that can be normalised: all that are not pictures."""
    main = perceived(space)
    keys = [] if len(main.shape) == 3 else [perceived_key(space) or WHOLE]
    return [*keys, *beside(space)]


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What an agent's observations and rewards are scaled by.

    Args:
        moments: part of the observations (``"reward"`` for returns) to (mean, variance, count), float64.
        whole: observations come in one part.
        clip: (observations, rewards) are cut at so many standard deviations.
        epsilon: added to variances.
    """

    moments: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64], float]]
    whole: bool
    clip: tuple[float, float]
    epsilon: float

    REWARD = "reward"

    @property
    def of_observations(self) -> bool:
        """Whether observations are normalised at all."""
        return any(name != self.REWARD for name in self.moments)

    @property
    def normalized(self) -> Normalized:
        """What is normalised."""
        rewards = self.REWARD in self.moments
        return ("both" if rewards else "observations") if self.of_observations else ("rewards" if rewards else "none")

    def applied(self, observations: Any) -> Any:
        """Raw observations as the agent wants them."""
        if not self.of_observations:
            return observations
        if self.whole:
            return self._scaled(observations, WHOLE)
        return {key: self._scaled(part, key) if key in self.moments else part for key, part in observations.items()}

    def give_to(self, env: VecNormalize) -> bool:
        """Let ``env`` go on from these statistics, where the shapes agree; says whether they do."""
        theirs = _running(env)
        ours = {name: moments for name, moments in self.moments.items() if name in theirs}
        if any(name not in ours or ours[name][0].shape != np.shape(theirs[name].mean) for name in theirs):
            return False
        for name, (mean, variance, count) in ours.items():
            theirs[name].mean, theirs[name].var, theirs[name].count = mean.copy(), variance.copy(), count
        return True

    def picked(self, part: str, entries: list[int]) -> Statistics:
        """These statistics with ``entries`` of ``part``, in that order, in the place of all of it."""
        mean, variance, count = self.moments[part]
        return replace(self, moments={**self.moments, part: (mean[entries], variance[entries], count)})

    def as_tensors(self) -> dict[str, torch.Tensor]:
        """The numbers, for a file."""
        return {
            f"statistics.{name}.{part}": torch.as_tensor(np.asarray(value, np.float64))
            for name, moments in self.moments.items()
            for part, value in zip(("mean", "var", "count"), moments, strict=True)
        }

    def as_record(self) -> dict[str, Any]:
        """The rest, in plain values."""
        return {"parts": list(self.moments), "whole": self.whole, "clip": list(self.clip), "epsilon": self.epsilon}

    @classmethod
    def restored(cls, record: Any, tensors: Mapping[str, torch.Tensor]) -> Statistics:
        """What ``as_record`` and ``as_tensors`` were made of. Raises ArtifactError where they do not hold."""
        try:
            moments = {}
            for name in record["parts"]:
                mean, variance, count = (
                    tensors[f"statistics.{name}.{part}"].numpy() for part in ("mean", "var", "count")
                )
                if mean.shape != variance.shape or not (np.isfinite(mean).all() and (variance >= 0).all()):
                    raise ValueError(f"moments of {name}")
                moments[str(name)] = (mean, variance, float(count))
            clip = (float(record["clip"][0]), float(record["clip"][1]))
            return cls(moments=moments, whole=bool(record["whole"]), clip=clip, epsilon=float(record["epsilon"]))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ArtifactError(f"not the record of statistics ({type(error).__name__}: {error})") from error

    def _scaled(self, part: Any, name: str) -> NDArray[np.float32]:
        mean, variance, _ = self.moments[name]
        scaled = (part - mean) / np.sqrt(variance + self.epsilon)
        clipped: NDArray[np.float32] = np.clip(scaled, -self.clip[0], self.clip[0]).astype(np.float32)
        return clipped


def statistics_of(model: BaseAlgorithm) -> Statistics | None:
    """What ``model`` is scaled by now: its environment's statistics, or those it was loaded with."""
    env = model.get_vec_normalize_env()
    if env is None:
        return getattr(model, "statistics", None)
    moments = {
        name: (np.array(s.mean, np.float64), np.array(s.var, np.float64), float(s.count))
        for name, s in _running(env).items()
    }
    whole = not isinstance(env.observation_space, spaces.Dict)
    return Statistics(moments=moments, whole=whole, clip=(env.clip_obs, env.clip_reward), epsilon=env.epsilon)


def rescaled(observations: Any, ours: Statistics | None, theirs: Statistics | None) -> Any:
    """Observations scaled by ``ours`` as they would be by ``theirs``: tensors, in one part or several.

    What was cut at ``ours.clip`` stays cut.
    """
    if ours is None or theirs is None or not (ours.of_observations and theirs.of_observations):
        return observations
    if ours.whole:
        return _rescaled_part(observations, WHOLE, ours, theirs)
    return {
        key: _rescaled_part(part, key, ours, theirs) if key in ours.moments and key in theirs.moments else part
        for key, part in observations.items()
    }


def _rescaled_part(part: torch.Tensor, name: str, ours: Statistics, theirs: Statistics) -> torch.Tensor:
    (mean, variance, _), (their_mean, their_variance, _) = ours.moments[name], theirs.moments[name]
    their_std = np.sqrt(their_variance + theirs.epsilon)
    factor, offset = (
        torch.as_tensor(number, dtype=torch.float32, device=part.device)
        for number in (np.sqrt(variance + ours.epsilon) / their_std, (mean - their_mean) / their_std)
    )
    return (part * factor + offset).clamp(-theirs.clip[0], theirs.clip[0])


@contextmanager
def settled(model: BaseAlgorithm) -> Iterator[None]:
    """Within the block, what ``model`` meets does not move the running statistics that it scales by."""
    env = model.get_vec_normalize_env()
    moving = env is not None and env.training
    if env is not None:
        env.training = False
    try:
        yield
    finally:
        if env is not None:
            env.training = moving


def _running(env: VecNormalize) -> dict[str, RunningMeanStd]:
    """The statistics that ``env`` keeps and uses, by part."""
    found: dict[str, RunningMeanStd] = {}
    if env.norm_obs:
        found = dict(env.obs_rms) if isinstance(env.obs_rms, dict) else {WHOLE: env.obs_rms}
    return {**found, Statistics.REWARD: env.ret_rms} if env.norm_reward else found


def set_statistics(model: BaseAlgorithm, statistics: Statistics | None) -> None:
    """Let ``model``, which may have an environment, scale by ``statistics``.

    Raises:
        ArtifactError: they do not fit its observations.
    """
    env = model.get_vec_normalize_env()
    if statistics is not None and not (env is None or statistics.give_to(env)):
        raise ArtifactError("statistics do not fit the agent's observations")
    model.statistics = statistics  # type: ignore[attr-defined]


def given_statistics(values: Path | str | Mapping[str, Any] | None) -> Statistics | None:
    """Statistics from numbers by name, or from a safetensors file of them.

    Args:
        values: ``observation.mean``, ``observation.var``, ``observation.count`` and the same of ``reward``: each three
            of them or none. Values are cut at 10 standard deviations and 1e-8 is added to variances, as
            Stable-Baselines3 does where nothing else was said; ``clip_obs``, ``clip_reward`` and ``epsilon`` say else.

    Raises:
        ConfigError: names or numbers that do not hold.
        ArtifactError: the file cannot be read.
    """
    if values is None:
        return None
    if not isinstance(values, Mapping):
        values = read_weights(Path(values))
    kinds = {name: np.asarray(value, np.float64) for name, value in values.items()}
    parts = [part for part in (WHOLE, Statistics.REWARD) if any(name.startswith(f"{part}.") for name in kinds)]
    constants = {"clip_obs": 10.0, "clip_reward": 10.0, "epsilon": 1e-8}
    wanted = [f"{part}.{moment}" for part in parts for moment in ("mean", "var", "count")]
    odd = sorted({*wanted} - {*kinds}) or sorted({*kinds} - {*wanted, *constants})
    if odd or not parts:
        found = "unknown" if odd and odd[0] in kinds else "missing"
        raise ConfigError(
            f"statistics: {odd[0] if odd else 'observation.mean'} is {found}; "
            "they are observation.mean, .var and .count, and the same of reward"
        )
    constants |= {name: float(kinds[name]) for name in constants if name in kinds}
    record = {
        "parts": parts,
        "whole": True,
        "clip": [constants["clip_obs"], constants["clip_reward"]],
        "epsilon": constants["epsilon"],
    }
    return Statistics.restored(record, {f"statistics.{name}": torch.as_tensor(kinds[name]) for name in wanted})
