"""The highway family, declared without importing its simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rltransfer.tasks.extras import imported
from rltransfer.tasks.family import ActionKind, Picture, Task
from rltransfer.tasks.single_env_family import SingleEnvFamily
from rltransfer_envs.highway.factors import ACTION_MEANINGS, FACTORS, ROBOTS, TASKS, UPSTREAM

if TYPE_CHECKING:
    from gymnasium import Env


class Highway(SingleEnvFamily):
    """Driving among other cars, by highway-env.

    ## Description
    Four roads of highway-env (Leurent 2018, https://github.com/Farama-Foundation/HighwayEnv), each with its own reward
    and so a task. Other cars follow the Intelligent Driver Model and change lanes by MOBIL. The simulator is plain
    Python and slow: tens of steps a second.

    The default environment is upstream's, simulated at 5 Hz on every road (upstream: 5 on the fast highway, else 15);
    the crossing observes and decides as the other roads do, so that spaces agree: 5 cars by 5 numbers, five actions.

    A road is a graph of Python objects, so a state is put back by playing its episode again: exact, and as slow as the
    episode was.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | meta | ``Discrete(5)`` | 0 lane left, 1 idle, 2 lane right, 3 faster, 4 slower |
    | continuous | ``Box(-1, 1, (2,), float32)`` | acceleration to 5 m/s2, steering to 45 degrees |

    ## Observation Space
    ``Box(-inf, inf, (25,), float32)``: presence, x, y, vx and vy of the own car and of the four nearest, scaled to
    about -1 to 1; zeros where there is no car. With ``observation: image``, ``Box(0, 255, (64, 128, 4), uint8)``:
    the last four grey frames from above, the newest last.

    ## Rewards
    Upstream's: for speed, on the highway and at the merge for the right lane, against collisions, for arriving at the
    crossing; changing lanes costs at the merge and in the roundabout, for the meta robot.

    ## Starting State
    Other cars at random places with random speeds and, except at the merge, random manners.

    ## Episode End
    Termination by a collision, by having passed the merge, or by having crossed. Truncation after 30 s on the highway,
    17 s in the roundabout, 13 s at the crossing and 40 s at the merge (where upstream has no limit and its own robot
    does not need one). ``info["is_success"]`` at the end: on the road and without a collision until the time was up
    (highway, roundabout), or having passed (merge, intersection).

    ## Arguments
    - ``robot``, ``task``: as above; the tasks are ``highway``, ``merge``, ``roundabout`` and ``intersection``.
    - ``environment``: factor name to value. ``noise``, ``dropout`` and ``see_behind`` change the numbers alone.
    - ``render_mode``: ``"rgb_array"`` for upstream's frames.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | extra_lanes | layout | 0 | 0 to 2 | more lanes than 3 (highway) or 2 (merge, roundabout) |
    | traffic | layout | 1.0 | 0.4 to 1.8 | how many other cars |
    | density | layout | 1.0 | 0.5 to 2.0 | how close they start; highway alone |
    | radius | layout | 20 | 16 to 30 m | of the roundabout |
    | traffic_speed | dynamics | 1.0 | 0.6 to 1.3 | speed limits, and the speed that others want |
    | time_gap | dynamics | 1.5 | 0.5 to 3.0 s | distance that others keep |
    | politeness | dynamics | 0.0 | 0.0 to 1.0 | how much others mind whom they hinder when changing lanes |
    | decision_rate | dynamics | 1 | 1 to 5 Hz | actions a second |
    | simulation_rate | dynamics | 5 | 5 to 15 Hz | steps of the simulation a second |
    | observation | sensor | kinematics | kinematics, image | numbers, or frames from above |
    | see_behind | sensor | false | true or false | cars behind are among the numbers |
    | noise | sensor | 0.0 | 0.0 to 0.2 | standard deviation of the noise on each number |
    | dropout | sensor | 0.0 | 0.0 to 0.5 | chance that a car is missing from a step's numbers |

    ## Version History
    - v0: first version, of highway-env 1.12.
    """

    name = "highway"
    summary = "driving among other cars: highway, merge, roundabout and crossing"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    simulator_modules = ("rltransfer_envs.highway.driving", "rltransfer_envs.highway.roads")
    extra = "highway"
    picture = Picture(steps=3, hold=1)

    def make(self, task: Task, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One drive."""
        imported("highway_env", family=self.name, extra="highway")
        from rltransfer.tasks.replayed_state import ReplayedState
        from rltransfer_envs.highway.driving import Driving
        from rltransfer_envs.highway.roads import road_env

        values: dict[str, Any] = task.environment.full()
        env = road_env(task.robot, task.task, values, render_mode)
        driving = Driving(env, task=task.task, values=values)
        return ReplayedState(driving, witness=driving.traffic)

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """highway-env's registered environment with the settings that the description names."""
        if task.robot != "meta":
            return None
        import gymnasium
        from gymnasium.wrappers import FlattenObservation

        imported("highway_env", family=self.name, extra="highway")
        from rltransfer_envs.highway.roads import common_configuration

        env = gymnasium.make(UPSTREAM[task.task], config=common_configuration(task.task), disable_env_checker=True)
        return FlattenObservation(env)

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """Names of the meta robot's decisions."""
        return ACTION_MEANINGS if robot == "meta" else None

    def action_kind(self, robot: str) -> ActionKind:
        """Decisions are chosen, throttle and steering are numbers."""
        return "discrete" if robot == "meta" else "continuous"


HIGHWAY = Highway()
"""The family, as the registry finds it."""
