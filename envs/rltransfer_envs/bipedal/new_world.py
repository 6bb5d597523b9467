"""Gymnasium's BipedalWalker with the one mend that makes an episode depend on its seed alone."""

from __future__ import annotations

from typing import Any

import Box2D
import gymnasium


class NewWorld(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Each episode in a new Box2D world, as in the first one after an environment is made.

    Box2D keeps an order of contacts in a world, which bodies that were destroyed leave changed. So the same seed gives
    another path after other episodes; Gymnasium mended it in LunarLander alone, in this way
    (https://github.com/Farama-Foundation/Gymnasium/issues/728).
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        simulator: Any = self.unwrapped
        simulator._destroy()
        simulator.world = Box2D.b2World(gravity=simulator.world.gravity)
        return self.env.reset(seed=seed, options=options)
