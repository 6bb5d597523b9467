"""The Locomotion family, declared without importing its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rltransfer.errors import ConfigError
from rltransfer.tasks.family import ActionKind, Family, Picture, Task
from rltransfer_envs.locomotion.bodies import BODIES, Body, kind_of
from rltransfer_envs.locomotion.factors import FACTORS, TASKS

if TYPE_CHECKING:
    from gymnasium import Env

    from rltransfer_envs.locomotion.randomized import RandomizedLocomotionVectorEnv
    from rltransfer_envs.locomotion.vector_env import LocomotionVectorEnv


class Locomotion(Family):
    """Gymnasium's MuJoCo robots, one after another in the same tasks: transfer between bodies is the point.

    ## Description
    Each robot is Gymnasium's v5 environment of that name, with its model, observations, starts and ends. In
    ``forward``, ``backward`` and ``faster`` in the default environment it equals
    ``gymnasium.make(id, forward_reward_weight=...)`` bit for bit. All copies step in one call of
    ``mujoco.batch.Batch``, which changes no bit either.

    | robot | in Gymnasium | time step | fails when |
    |---|---|---|---|
    | half-cheetah | HalfCheetah-v5 | 0.05 s | never |
    | hopper | Hopper-v5 | 0.008 s | torso below 0.7 m, tilted by 0.2 rad, or a number of the state beyond 100 |
    | walker2d | Walker2d-v5 | 0.008 s | torso outside 0.8 to 2 m or tilted by 1 rad |
    | ant | Ant-v5 | 0.05 s | torso outside 0.2 to 1 m |
    | swimmer | Swimmer-v5 | 0.04 s | never |
    | humanoid | Humanoid-v5 | 0.015 s | torso outside 1 to 2 m |

    A robot of your own is any MuJoCo model in the place of one of these, and is seen, rewarded and ended as it. Its
    name is that robot's and the file::

        source: {family: locomotion, robot: "ant:models/spider.xml", budget: 1e6}   # in YAML
        rlt.make_env("locomotion", robot="ant:models/spider.xml", task="backward", environment={"slope": 4.0})

    All tasks and factors, and randomisation, are there. A path that is not absolute is looked up in the working
    directory; runs and saved agents keep it in full. The model's first body has to be the torso and to begin with the
    joints of the robot it replaces (along x, in height and pitch; or a free joint); every motor needs a
    ``ctrlrange``. The number of limbs and motors is free. To change more than the model (rewards, heights that count
    as healthy), give a family bodies of its own; an entry point in the group ``rltransfer.families`` names it for
    YAML::

        from dataclasses import replace
        from rltransfer_envs.locomotion.bodies import BODIES
        from rltransfer_envs.locomotion.family import Locomotion

        spider = replace(BODIES["ant"], xml_file="/models/spider.xml", healthy_z_range=(0.1, 2.0), summary="long legs")
        SPIDERS = Locomotion(name="spiders", bodies={"ant": BODIES["ant"], "spider": spider})

    ## Action Space
    ``Box(low, high, (num_motors,), float32)``: torque of each motor relative to its gear, in -1 to 1 (humanoid -0.4
    to 0.4). half-cheetah 6, hopper 3, walker2d 6, ant 8, swimmer 2, humanoid 17 motors. As upstream, what lies
    beyond is cut by MuJoCo but paid for.

    ## Observation Space
    ``Box(-inf, inf, (size,), float64)``, as upstream: positions without x (or without x and y), then velocities, for
    hopper and walker2d clipped to 10. half-cheetah 17, hopper 11, walker2d 17, swimmer 8 numbers. The ant adds the
    contact forces on its bodies (105), the humanoid inertias, body velocities, motor and contact forces (348).
    A trunk casts them to float32 as it reads them.

    ## Rewards
    ``forward_reward + healthy_reward - control_cost - contact_cost`` with v = mean velocity of the control step
    along x, m/s (of the root joint; ant: of the torso; humanoid: of the centre of mass), w = 1 (humanoid 1.25):

    - ``forward``: forward_reward = w v. Upstream's.
    - ``backward``: -w v.
    - ``faster``: 3 w v. Effort and survival count for less, as a higher reward weight does upstream.
    - ``stand``: -w abs(v).

    healthy_reward: 1 for each step (humanoid 5; half-cheetah and swimmer 0). control_cost: weight times the sum of
    the squared actions as chosen; 0.1 (half-cheetah, humanoid), 0.001 (hopper, walker2d), 0.5 (ant), 0.0001
    (swimmer). contact_cost: ant 0.0005, humanoid 5e-7 times the sum of the squared contact forces, clipped as
    upstream. No factor changes these formulas.

    ## Starting State
    The model's own posture plus upstream's noise: uniform in positions, uniform or normal in velocities, 0.1
    (half-cheetah, ant, swimmer), 0.005 (hopper, walker2d) or 0.01 (humanoid). Under ``limb_length`` and
    ``torso_length`` the torso begins higher or lower, so that the lowest point has upstream's distance from the
    ground.

    ## Episode End
    Termination when the robot fails (table above; heights scale with the height at which it begins), truncation
    after 1,000 steps. At the end, ``info["is_success"]`` is true if the robot lasted to the truncation and its mean
    velocity along x over the episode was at least s (``forward``), at most -s (``backward``), at least 2 s
    (``faster``), or its mean speed either way at most 0.2 s (``stand``); s = 2 m/s for half-cheetah, 0.1 for
    swimmer, 1 for the others: own choice, never reached by random actions in 20 episodes. In ``stand``, half-cheetah
    and ant succeed by doing nothing; hopper, walker2d and humanoid have to balance.
    ``info["mean_velocity"]`` tells the mean velocity. ``info`` is empty before the end.

    ## Arguments
    - ``robot``, ``task``: as above; ``robot`` also ``"ant:/models/spider.xml"``.
    - ``environment``: factor name to value. All act through fields of MuJoCo's model; what derives from them
      (inertia weights, reference postures) is computed again. Lengths change the geometry before MuJoCo compiles it.
    - ``render_mode``: ``"rgb_array"`` for frames of 384 by 384 pixels by the project's own rasteriser: the robot's
      capsules from the side, looking down a little, the camera following the torso. ``"mujoco"`` for MuJoCo's
      renderer, which needs OpenGL (EGL or OSMesa).

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | gravity | dynamics | 1.0 | 0.5 to 1.5 | times 9.81 m/s^2; not felt by the swimmer unless on a slope |
    | slope | dynamics | 0.0 | -8.0 to 8.0 deg | of the ground, uphill forwards |
    | friction | dynamics | 1.0 | 0.25 to 1.75 | times all friction coefficients; the swimmer touches nothing |
    | density | dynamics | 1.0 | 0.5 to 1.5 | times mass and inertia of every body |
    | limb_mass | dynamics | 1.0 | 0.5 to 2.0 | times mass and inertia of everything but the torso |
    | limb_length | dynamics | 1.0 | 0.7 to 1.3 | times the skeleton beyond the torso, density and thickness kept |
    | torso_length | dynamics | 1.0 | 0.7 to 1.3 | times the torso and where limbs sit on it; not the ant's sphere |
    | motor_strength | dynamics | 1.0 | 0.5556 to 1.4444 | times the gear, so the torque, of every motor |
    | damping | dynamics | 1.0 | 0.25 to 2.0 | times the damping of every joint; the swimmer's joints have none |
    | action_delay | dynamics | 0 | 0 to 3 steps | control steps before an action takes effect; 0 torque before that |
    | noise | sensor | 0.0 | 0.0 to 0.3 | standard deviation of noise on every number observed |

    The ranges that sources are trained in, and the bounds, of ``motor_strength`` (power), ``density`` and
    ``friction`` are those of Packer et al. 2018, "Assessing Generalization in Deep Reinforcement Learning", table 1,
    for HalfCheetah and Hopper, over the defaults of their environments: power 0.7 to 1.1 of 0.5 to 1.3 around 0.9,
    density 750 to 1250 of 500 to 1500 around 1000, friction 0.5 to 1.1 of 0.2 to 1.4 around 0.8. Here they multiply
    what the robot's own model says. Half-cheetah's model states a total mass of 14 kg in place of a density; a
    density of 1.5 makes it 21 kg, and longer limbs make it heavier, too.

    ## Version History
    - v0: first version.
    """

    summary = "MuJoCo robots that run: forwards, backwards, faster or not at all; other bodies, limbs and physics"
    tasks = TASKS
    factors = FACTORS
    seen_state = ("sensor_streams",)
    picture = Picture(zoom=1.3)
    simulator_modules = ("rltransfer_envs.locomotion.vector_env",)
    render_modes = ("rgb_array", "mujoco")

    def __init__(self, *, name: str = "locomotion", bodies: Mapping[str, Body] = BODIES) -> None:
        self.name = name
        self.bodies = dict(bodies)
        self.robots = {robot: body.summary for robot, body in self.bodies.items()}
        self.other_robots = f"({'|'.join(self.bodies)}):.+"

    def resolve_robot(self, name: str) -> str:
        """See ``Family.resolve_robot``; ``"ant:spider.xml"`` is a model in the place of the ant.

        Raises:
            UnknownNameError: the family has no such robot.
            ConfigError: the file is gone, MuJoCo refuses it, or it cannot take the robot's place.
        """
        kind, is_model, file = str(name).partition(":")
        if not is_model and kind.endswith(".xml"):
            example = f"{next(iter(self.robots))}:{name}"
            raise ConfigError(
                f"robot {name!r:.200}: write the robot whose place the model takes before it, such as {example!r:.200} "
                f"({', '.join(self.robots)})"
            )
        if is_model and file and kind in self.bodies:
            name = f"{kind}:{Path(file).expanduser().resolve()}"
        else:
            name = super().resolve_robot(name)
        body = self.body(name)
        if body.xml_file != kind_of(body).xml_file:
            from rltransfer_envs.locomotion.models import check_model

            try:
                check_model(body)
            except ConfigError as error:
                raise ConfigError(f"robot {name!r}: {error}") from error
        return name

    def body(self, robot: str) -> Body:
        """The body of a robot by its full name."""
        kind, is_model, file = robot.partition(":")
        if not is_model:
            return self.bodies[robot]
        return replace(self.bodies[kind], xml_file=file, summary=f"{file} in the place of {kind}")

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> LocomotionVectorEnv:
        """``num_envs`` copies of ``task``, stepped by one call of MuJoCo's batch."""
        from rltransfer_envs.locomotion.models import make_setting
        from rltransfer_envs.locomotion.vector_env import LocomotionVectorEnv

        body = self.body(task.robot)
        setting = make_setting(body, task.environment.full())
        return LocomotionVectorEnv(body, task.task, [setting] * num_envs, render_mode=render_mode)

    def make_randomized_vec(
        self, task: Task, *, num_envs: int, render_mode: str | None = None
    ) -> RandomizedLocomotionVectorEnv:
        """Copies in environments of their own, drawn anew for every episode, stepped by the same one call."""
        from rltransfer_envs.locomotion.randomized import RandomizedLocomotionVectorEnv

        return RandomizedLocomotionVectorEnv(self.body(task.robot), task, num_envs=num_envs, render_mode=render_mode)

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """Gymnasium's environment, with the weight of the forward reward that is the task; none for ``stand``."""
        import gymnasium
        import mujoco

        from rltransfer_envs.locomotion.models import model_path
        from rltransfer_envs.locomotion.scoring import FORWARD_WEIGHTS

        if task.task not in FORWARD_WEIGHTS:
            return None
        body = self.body(task.robot)
        arguments = body.upstream_arguments()
        if "xml_file" in arguments:
            arguments["xml_file"] = str(model_path(body.xml_file))
        if task.task != "forward":
            arguments["forward_reward_weight"] = body.forward_reward_weight * FORWARD_WEIGHTS[task.task]
        warn = mujoco.get_mju_user_warning()
        mujoco.set_mju_user_warning(lambda _: None)  # of settotalmass, which would go into a file MUJOCO_LOG.TXT
        try:
            return gymnasium.make(body.gymnasium_id, max_episode_steps=body.time_limit, **arguments)
        finally:
            mujoco.set_mju_user_warning(warn)

    def action_kind(self, robot: str) -> ActionKind:
        """Every robot's motors take continuous numbers."""
        return "continuous"


LOCOMOTION = Locomotion()
"""The family, as the registry finds it."""
