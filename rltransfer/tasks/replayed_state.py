"""States of simulators that cannot be put back, by playing an episode again."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from rltransfer.errors import ConfigError


def generator_text(generator: np.random.Generator) -> str:
    """The whole state of a generator of random numbers as text; its integers are longer than an array's."""
    return json.dumps(generator.bit_generator.state, sort_keys=True)


def generator_of(text: str) -> np.random.Generator:
    """A generator that goes on from what ``generator_text`` returned."""
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = json.loads(text)
    return generator


class ReplayedState(gymnasium.Wrapper[Any, Any, Any, Any]):
    """``get_state`` and ``set_state`` for an environment whose episodes depend on its random numbers and actions alone.

    A state is what the generator was when the episode began, and the actions since. Putting it back plays the episode
    again, which is exact where the simulator is deterministic and an episode owes nothing to the ones before it; it
    costs as many steps as the episode has had. Put it outside every wrapper that has a state, such as ``TimeLimit``:
    they are played again with it. ``np_random`` of the unwrapped environment must be the only source of chance.

    Args:
        env: the environment with its wrappers.
        while_replaying: makes a context in which steps may leave out what only their observation needs.
        witness: numbers of the simulator that follow from the episode so far, such as where things are. They are part
            of a state, so that states tell paths apart, and a state that plays out otherwise here is refused.
    """

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        *,
        while_replaying: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
        witness: Callable[[], NDArray[Any]] | None = None,
    ) -> None:
        super().__init__(env)
        self._witness = witness
        self._while_replaying = while_replaying
        self._began_with: str | None = None
        self._actions: list[NDArray[Any]] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode. Options would be part of what an episode depends on, and are not passed on."""
        generator = self.unwrapped.np_random if seed is None else seeding.np_random(seed)[0]
        self._began_with = generator_text(generator)
        self._actions = []
        return self.env.reset(seed=seed)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """One step; its action is kept until the episode ends."""
        self._actions.append(np.array(action))
        return self.env.step(action)

    @property
    def has_begun(self) -> bool:
        """Whether there is an episode, and so a state."""
        return self._began_with is not None

    def get_state(self) -> dict[str, Any]:
        """The generator when the episode began (text), the actions since (steps, *action shape), and the witness."""
        if self._began_with is None:
            raise ConfigError("there is no state before the first reset")
        space = self.action_space
        shape, kind = space.shape or (), space.dtype
        actions = np.stack(self._actions) if self._actions else np.empty((0, *shape), kind)
        seen = {} if self._witness is None else {"witness": self._witness()}
        return {"began_with": self._began_with, "actions": actions, **seen}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on, bit for bit, from what ``get_state`` returned.

        Raises:
            ConfigError: the episode does not come out as it did: another version of the simulator, or another machine.
        """
        self.unwrapped.np_random = generator_of(state["began_with"])
        self.reset()
        actions = list(state["actions"])
        with self._while_replaying():
            for action in actions:
                self.step(action)
        if self._witness is not None and not np.array_equal(self._witness(), state["witness"]):
            raise ConfigError(
                f"{self.unwrapped!r:.80} plays this state's episode otherwise than it was played. Go on where it was "
                "saved: with the same version of the simulator, on the same kind of machine."
            )
