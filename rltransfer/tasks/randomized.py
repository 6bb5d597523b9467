"""Domain randomisation: every episode in an environment drawn anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array, iterate
from numpy.typing import NDArray

from rltransfer.errors import ConfigError
from rltransfer.tasks.family import Randomization, Task
from rltransfer.tasks.replayed_state import generator_of, generator_text
from rltransfer.tasks.stepped_in_turn import state_method
from rltransfer.tasks.variation import Variation
from rltransfer.tasks.variation_sets import draw_variation

MOST_DRAWS = 1_000
"""Refused draws in a row after which a randomisation is given up."""


class Randomized(VectorEnv[Any, Any, Any]):
    """Copies of a task, each with factors of its own that are drawn again whenever an episode begins.

    Every copy is a batch of one, made again for each episode: any family can be randomised so. A family whose
    simulator can change its factors between episodes is faster by a ``make_randomized_vec`` of its own.

    Args:
        task: whose ``randomization`` says what is drawn.
        num_envs: copies.
        render_mode: see ``Family.make_vec``.

    Raises:
        ConfigError: a drawn environment has other spaces than the task, so no agent could be in both.

    Source: Tobin et al. 2017, "Domain Randomization for Transferring Deep Neural Networks from Simulation to the
    Real World".
    """

    def __init__(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> None:
        assert task.randomization is not None
        self.task = task
        self.randomization: Randomization = task.randomization
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.metadata = {"render_modes": ["rgb_array"], "autoreset_mode": AutoresetMode.SAME_STEP}
        self.single_observation_space, self.single_action_space = task.family.spaces(task)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.variations: list[Variation] = [task.environment] * num_envs
        """The environment that each copy is in now."""
        self._envs: list[VectorEnv[Any, Any, Any] | None] = [None] * num_envs
        self._streams: list[np.random.Generator | None] = [None] * num_envs

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode in every copy; copy k gets ``seed + k``, or the k-th of several."""
        if seed is None or isinstance(seed, int | np.integer):
            super().reset(seed=None if seed is None else int(seed))
            seeds: list[int | None] = [None if seed is None else int(seed) + k for k in range(self.num_envs)]
        else:
            seeds = [None if s is None else int(s) for s in seed]
        for k, given in enumerate(seeds):
            if given is not None or self._streams[k] is None:
                self._streams[k] = np.random.default_rng(
                    int(self.np_random.integers(2**31)) if given is None else given
                )
        return self._stacked([self._begin(k) for k in range(self.num_envs)]), {}

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """One step of every copy; a copy whose episode ends begins the next one in another environment."""
        rewards = np.zeros(self.num_envs)
        terminated, truncated = np.zeros(self.num_envs, np.bool_), np.zeros(self.num_envs, np.bool_)
        observations: list[Any] = []
        final = np.full(self.num_envs, None, dtype=object)
        success = np.zeros(self.num_envs, np.bool_)
        tells_success = False
        for k, action in enumerate(iterate(self.action_space, actions)):
            env = self._envs[k]
            if env is None:
                raise ConfigError("call reset before the first step")
            given, reward, terminated[k : k + 1], truncated[k : k + 1], infos = env.step(np.asarray(action)[None])
            rewards[k] = reward[0]
            if terminated[k] or truncated[k]:
                final[k] = infos["final_obs"][0]
                told = infos.get("final_info", {}).get("is_success")
                tells_success |= told is not None
                success[k] = told is not None and bool(told[0])
                observations.append(self._begin(k))
            else:
                observations.append(next(iter(iterate(env.observation_space, given))))
        ended = terminated | truncated
        more: dict[str, Any] = {}
        if ended.any():
            more = {"final_obs": final, "_final_obs": ended, "_final_info": ended, "final_info": {}}
            if tells_success:
                more["final_info"] = {"is_success": success, "_is_success": ended}
        return self._stacked(observations), rewards, terminated, truncated, more

    def render(self) -> tuple[Any, ...] | None:
        """One frame a copy, where made with a render mode."""
        if self.render_mode is None:
            return None
        frames = []
        for env in self._envs:
            rendered: Any = env.render() if env is not None else None
            frames.append(None if rendered is None else rendered[0])
        return tuple(frames)

    def get_state(self) -> dict[str, Any]:
        """For each copy its environment, the generator that draws the next one (text), and the simulator's own state.

        Raises:
            ConfigError: before the first reset, or where the family's simulator cannot be put back.
        """
        states: dict[str, Any] = {}
        for k, (env, stream) in enumerate(zip(self._envs, self._streams, strict=True)):
            if env is None or stream is None:
                raise ConfigError("there is no state before the first reset")
            own = state_method(env, "get_state")()
            states[str(k)] = {
                "environment": dict(self.variations[k]),
                "stream": generator_text(stream),
                "simulator": own,
            }
        return states

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned; see there for what it raises."""
        if len(state) != self.num_envs:
            raise ConfigError(f"this state is of {len(state)} copies; there are {self.num_envs}")
        for k in range(self.num_envs):
            kept = state[str(k)]
            self._streams[k] = generator_of(kept["stream"])
            env = self._enter(k, Variation(self.task.family.factors, kept["environment"]))
            env.reset(seed=0)  # a simulator may have nothing to put back before its first episode
            state_method(env, "set_state")(kept["simulator"])

    def close(self, **kwargs: Any) -> None:
        """Free what the copies hold."""
        for env in self._envs:
            if env is not None:
                env.close()
        self._envs = [None] * self.num_envs

    def _begin(self, k: int) -> Any:
        """Draw copy k's next environment, make it, and give its first observation."""
        stream = self._streams[k]
        assert stream is not None
        env = self._enter(k, self._draw(stream))
        observations, _ = env.reset(seed=int(stream.integers(2**31)))
        return next(iter(iterate(env.observation_space, observations)))

    def _enter(self, k: int, variation: Variation) -> VectorEnv[Any, Any, Any]:
        """Make copy k anew, in another environment."""
        task, former = self.task, self._envs[k]
        self.variations[k] = variation
        if former is not None:
            former.close()
        env = task.family.make_vec(task.fixed(self.variations[k]), num_envs=1, render_mode=self.render_mode)
        if env.single_observation_space != self.single_observation_space:
            raise ConfigError(
                f"{task}: {dict(self.variations[k])} gives observations {env.single_observation_space}, not "
                f"{self.single_observation_space}. Leave the factor out of 'randomize'."
            )
        self._envs[k] = env
        return env

    def _draw(self, stream: np.random.Generator) -> Variation:
        """An environment that the family has in this task; one that it refuses is drawn again."""
        task, wanted = self.task, self.randomization
        for _ in range(MOST_DRAWS):
            drawn = draw_variation(
                task.family.factors_of(task.task), stream, names=wanted.factors, split=wanted.split
            ).full()
            chosen = {name: drawn[name] for name in wanted.factors}
            try:
                return task.changed(environment=chosen).environment
            except ConfigError as error:
                refusal = error
        raise ConfigError(f"{task}: {MOST_DRAWS} draws in a row were refused, the last because: {refusal}")

    def _stacked(self, observations: list[Any]) -> Any:
        empty: Any = create_empty_array(self.single_observation_space, self.num_envs)
        return concatenate(self.single_observation_space, observations, empty)
