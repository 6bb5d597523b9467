"""The ViZDoom family, declared without importing its simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rltransfer.tasks.extras import imported
from rltransfer.tasks.family import ActionKind, Task
from rltransfer.tasks.image_factors import with_image_factors
from rltransfer.tasks.single_env_family import SingleEnvFamily
from rltransfer_envs.vizdoom.factors import FACTORS
from rltransfer_envs.vizdoom.scenarios import FULL_MEANINGS, ROBOTS, SCENARIOS

if TYPE_CHECKING:
    from gymnasium import Env

SIZE = 64
"""Height and width of observations, pixels."""


class ViZDoom(SingleEnvFamily):
    """Doom in the first person: find, shoot, dodge or survive.

    ## Description
    Nine scenarios that ship with ViZDoom (Kempka et al. 2016, "ViZDoom: A Doom-based AI Research Platform for Visual
    Reinforcement Learning"), each a task, drawn by Doom's own engine in a process of its own. No window opens and no
    sound is made. The default environment is ViZDoom's Gymnasium environment with a frame skip of 4, drawn at 160 by
    120 and scaled to 64 by 64 by averaging, but for two things at an episode's end: the last frame is repeated where
    ViZDoom gives a black one, and a time-out is a truncation only where ViZDoom says termination as well.

    The engine cannot be put back into a former state bit for bit: from a savegame it goes on a tic beside where it was.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | minimal | ``Discrete(n)`` | nothing, or one of the scenario's buttons, the last one first; n is 3 to 8 |
    | full | ``Discrete(8)`` | nothing, turn right, turn left, move backward, move forward, attack, move right, left |
    | continuous | ``Box(-1, 1, (4,), float32)`` | turn right, walk forward, sidestep right; attack where above 0 |

    ## Observation Space
    ``Box(0, 255, (64, 64, 3), uint8)``: the frame, height, width and colour.

    ## Rewards
    The scenario's own, summed over the frame skip; a tic is 1/35 s.

    - ``basic``, ``rocket-basic``: 106 for the monster, minus 5 a shot, minus 1 a tic.
    - ``deadly-corridor``: units of progress along the corridor, minus 100 for death; 1000 at its end.
    - ``defend-the-center``, ``defend-the-line``: 1 a kill, minus 1 for death.
    - ``health-gathering``, ``take-cover``: 1 a tic; in the former minus 100 for death.
    - ``my-way-home``: 1 for the vest, minus 0.0001 a tic.
    - ``predict-position``: 1 for the hit, minus 0.001 a tic.

    ## Starting State
    As the scenario has it: monsters, medikits and, in ``my-way-home``, the player at random places.

    ## Episode End
    Termination by death or by the scenario's goal; truncation after 300 tics (``basic``, ``rocket-basic``,
    ``predict-position``) or 2100 tics, which are set for ``defend-the-line`` and ``take-cover``, too, where upstream
    has no limit. ``info["is_success"]`` at the end: the goal was reached alive and in time (``basic``,
    ``rocket-basic``, ``deadly-corridor``, ``my-way-home``), the rocket hit (``predict-position``), 10 or 15 kills
    (``defend-the-center``, ``defend-the-line``; own choice), alive at the time limit (``health-gathering``,
    ``take-cover``).

    ## Arguments
    - ``robot``, ``task``: as above.
    - ``environment``: factor name to value. Appearance and sensor factors change pixels and nothing else.
    - ``render_mode``: ``"rgb_array"`` for frames of 160 by 120 pixels, without the effects of light, lens and sensor.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | textures | appearance | scenario | scenario, brick, metal, wood | walls, floors and ceilings |
    | hud | appearance | false | true or false | the bar with health and ammunition |
    | crosshair | appearance | false | true or false | a mark in the middle of the view |
    | weapon | appearance | true | true or false | the weapon in the player's hands |
    | decals | appearance | true | true or false | marks that shots leave on walls |
    | particles | appearance | true | true or false | dust and sparks |
    | brightness | appearance | 1.0 | 0.4 to 1.6 | every colour multiplied by it |
    | hue | appearance | 0.0 | -180 to 180 deg | every colour turned around the grey axis |
    | invert | appearance | false | true or false | the negative of the picture |
    | frame_skip | dynamics | 4 | 1 to 8 tics | tics that an action is held |
    | sticky | dynamics | 0.0 | 0.0 to 0.5 | chance that the former action is repeated |
    | speed | dynamics | 1.0 | 0.4 to 2.0 | of walking |
    | difficulty | dynamics | scenario | scenario, 1, 2, 3, 4, 5 | Doom's skill level, for monsters and damage |
    | fast_monsters | dynamics | false | true or false | monsters move and shoot faster |
    | maze | layout | false | true or false | health-gathering alone: its supreme map, a maze with poison |
    | start | layout | anywhere | anywhere, near, far | my-way-home alone: distance from the vest |
    | field_of_view | sensor | 90 | 60 to 130 deg | width of what the camera sees |
    | occlusion | sensor | 0.0 | 0.0 to 0.4 | side of a dark patch on the lens |
    | grayscale | sensor | false | true or false | three equal channels of luminance |
    | noise | sensor | 0.0 | 0.0 to 60.0 grey levels | standard deviation of the noise on each pixel |

    ## Version History
    - v0: first version, of ViZDoom 1.3.
    """

    name = "vizdoom"
    summary = "Doom in the first person: find, shoot, dodge or survive"
    robots = ROBOTS
    tasks = {name: scenario.summary for name, scenario in SCENARIOS.items()}  # noqa: RUF012 -- never written
    factors = FACTORS
    simulator_modules = ("rltransfer_envs.vizdoom.playing",)
    extra = "vizdoom"
    restores_state = False

    def make(self, task: Task, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One environment; its engine starts with the first reset, which takes a sixth of a second."""
        imported("vizdoom", family=self.name, extra="vizdoom")
        from rltransfer.tasks.images import ResizeImage
        from rltransfer_envs.vizdoom.engine import Screen, scenario_env
        from rltransfer_envs.vizdoom.playing import Playing

        values: dict[str, Any] = task.environment.full()
        start = values["start"] if task.task == "my-way-home" else "anywhere"
        scenario = scenario_env(task.robot, task.task, values, render_mode)
        env = Playing(
            Screen(scenario, textures=values["textures"], start=start),
            robot=task.robot,
            task=task.task,
            sticky=values["sticky"],
            speed=values["speed"],
        )
        return with_image_factors(ResizeImage(env, height=SIZE, width=SIZE), values)

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """ViZDoom's registered environment, its frame scaled and its ends mended as the description says."""
        scenario = SCENARIOS[task.task]
        if task.robot != "minimal" or not scenario.upstream:
            return None
        import gymnasium

        imported("vizdoom.gymnasium_wrapper", family=self.name, extra="vizdoom")
        from rltransfer.tasks.images import ResizeImage
        from rltransfer_envs.vizdoom.engine import Screen, settings

        env = gymnasium.make(scenario.upstream, frame_skip=4, **settings(task.task))
        return ResizeImage(Screen(env), height=SIZE, width=SIZE)

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """Names of the full robot's actions; the minimal robot's depend on the scenario."""
        return FULL_MEANINGS if robot == "full" else None

    def action_kind(self, robot: str) -> ActionKind:
        """Buttons are chosen one at a time, amounts are numbers."""
        return "continuous" if robot == "continuous" else "discrete"


VIZDOOM = ViZDoom()
"""The family, as the registry finds it."""
