"""Single environments stepped one after another, with states that can be kept and put back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gymnasium import Env
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from rltransfer.errors import ConfigError


class SteppedInTurn(SyncVectorEnv):
    """Gymnasium's ``SyncVectorEnv`` that resets in the step an episode ends, with ``get_state`` and ``set_state``.

    Args:
        makers: one a copy.
    """

    def __init__(self, makers: Sequence[Callable[[], Env[Any, Any]]]) -> None:
        super().__init__(makers, autoreset_mode=AutoresetMode.SAME_STEP)

    def get_state(self) -> dict[str, Any]:
        """What every copy needs to go on bit for bit. Raises ConfigError where the simulator cannot say."""
        return {str(k): state_method(env, "get_state")() for k, env in enumerate(self.envs)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what ``get_state`` of as many copies returned."""
        if len(state) != self.num_envs:
            raise ConfigError(f"this state is of {len(state)} copies; there are {self.num_envs}")
        for k, env in enumerate(self.envs):
            state_method(env, "set_state")(state[str(k)])
        self._autoreset_envs[:] = False


def state_method(env: Env[Any, Any] | VectorEnv[Any, Any, Any], name: str) -> Callable[..., Any]:
    """``get_state`` or ``set_state`` of ``env`` or the nearest wrapped one. Raises ConfigError where there is none."""
    try:
        found: Callable[..., Any] = env.get_wrapper_attr(name) if isinstance(env, Env) else getattr(env, name)
    except AttributeError:
        raise ConfigError(f"{env.unwrapped!r:.80} cannot be put back into a former state") from None
    return found
