"""Starting ViZDoom's own Gymnasium environment with a task's settings."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import vizdoom
from gymnasium import spaces
from vizdoom.gymnasium_wrapper.gymnasium_env_defns import VizdoomScenarioEnv

from rltransfer_envs.vizdoom.factors import RENDER_SETTINGS
from rltransfer_envs.vizdoom.maps import changed_map
from rltransfer_envs.vizdoom.scenarios import DELTA_BUTTONS, FULL_BUTTONS, MAZE_CONFIG, SCENARIOS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESOLUTION = "RES_160X120"
"""The smallest 4:3 frame that ViZDoom draws; observations are scaled down from it."""
_BUTTONS = {"full": FULL_BUTTONS, "continuous": DELTA_BUTTONS}


def settings(task: str) -> dict[str, Any]:
    """What differs from the scenario's file of settings in every environment, upstream's for comparison included."""
    tics = SCENARIOS[task].tics
    chosen: dict[str, Any] = {"screen_resolution": RESOLUTION, "screen_format": "RGB24"}
    return chosen if tics is None else {**chosen, "episode_timeout": tics}


def scenario_env(robot: str, task: str, values: dict[str, Any], render_mode: str | None) -> gymnasium.Env[Any, Any]:
    """ViZDoom's environment; the engine itself starts with the first reset.

    Args:
        robot: whose buttons it has.
        task: the scenario.
        values: every factor.
        render_mode: ``"rgb_array"`` or None.
    """
    options = settings(task) | {f"render_{name}": values[name] for name in RENDER_SETTINGS}
    if robot in _BUTTONS:
        options["available_buttons"] = list(_BUTTONS[robot])
    if values["difficulty"] != "scenario":
        options["doom_skill"] = int(values["difficulty"])
    maze = values["maze"] and task == "health-gathering"
    env = VizdoomScenarioEnv(
        MAZE_CONFIG if maze else SCENARIOS[task].config,
        frame_skip=values["frame_skip"],
        max_buttons_pressed=1,
        render_mode=render_mode,
        **options,
    )
    if values["speed"] != 1.0:
        env.game.add_game_args(f"+turbo {round(100 * values['speed'])}")
    if values["field_of_view"] != 90.0:
        env.game.add_game_args(f"+fov {values['field_of_view']}")
    if values["fast_monsters"]:
        env.game.add_game_args("+sv_fastmonsters 1")
    return env


class Screen(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The frame alone, with an end that can be learned from, and with the engine's files in a folder of its own.

    ViZDoom shows a black frame after an episode's last step and calls a time-out a termination as well. Here the
    last frame that there was is repeated, and a time-out is a truncation only.

    Args:
        env: ViZDoom's.
        textures: see ``changed_map``.
        start: see ``changed_map``.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], *, textures: str = "scenario", start: str = "anywhere") -> None:
        super().__init__(env)
        whole = env.observation_space
        assert isinstance(whole, spaces.Dict)
        self.observation_space = whole["screen"]
        self.game: vizdoom.DoomGame = env.unwrapped.game  # type: ignore[attr-defined]
        self._folder = Path(tempfile.mkdtemp(prefix="rltransfer-vizdoom-"))
        self._remove = weakref.finalize(self, _stop_and_remove, self.game, self._folder)
        self.game.set_doom_config_path(str(self._folder / "vizdoom.ini"))
        if textures != "scenario" or start != "anywhere":
            wad = Path(self.game.get_doom_scenario_path())
            (self._folder / wad.name).write_bytes(changed_map(wad.read_bytes(), textures=textures, start=start))
            self.game.set_doom_scenario_path(str(self._folder / wad.name))

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Start an episode; the first time, start the engine, which writes files where the process happens to be."""
        with contextlib.nullcontext() if self.game.is_running() else contextlib.chdir(self._folder):
            observation, info = self.env.reset(seed=seed, options=options)
        self._last = observation["screen"]
        return self._last, info

    def step(self, action: Any) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """One action, held for the frame skip."""
        observation, reward, ended, late, info = self.env.step(action)
        if not ended:
            self._last = observation["screen"]
        terminated = bool(ended and (not late or self.game.is_player_dead()))
        return self._last, float(reward), terminated, bool(ended and not terminated), info

    def close(self) -> None:
        """Stop the engine and remove its files."""
        super().close()
        self._remove()


def _stop_and_remove(game: vizdoom.DoomGame, folder: Path) -> None:
    """Stop the engine, which writes its settings as it stops, then remove its files."""
    game.close()
    shutil.rmtree(folder, ignore_errors=True)
