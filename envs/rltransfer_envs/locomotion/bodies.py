"""The robots as plain data: which model each is, and what its environment in Gymnasium rewards, ends and shows."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

EVERY = (-math.inf, math.inf)


@dataclass(frozen=True, kw_only=True)
class Body:
    """One robot. Fields that Gymnasium has as an argument have Gymnasium's name for it.

    A robot of your own is another model in the place of one of these, seen, rewarded and ended as that one:
    ``dataclasses.replace(BODIES["ant"], xml_file="/models/spider.xml", summary="an ant with longer legs")``.

    Args:
        summary: one line about it.
        gymnasium_id: of the environment that it is in Gymnasium.
        xml_file: MuJoCo model: a file of Gymnasium's, or a path.
        frame_skip: simulation steps in a control step.
        forward_reward_weight: reward for each m/s.
        ctrl_cost_weight: cost of the squared action.
        contact_cost_weight: cost of the squared contact forces; 0 where they are not computed.
        contact_force_range: to which the contact forces are clipped, newtons and newton metres.
        contact_cost_range: to which their cost is clipped.
        healthy_reward: for each step in a healthy state.
        healthy_z_range: heights of the torso outside of which the episode ends, metres; None where it never does.
        healthy_angle_range: the same for its pitch, radians.
        healthy_state_range: the same for every number of the state but the first two.
        reset_noise_scale: of the random start.
        normal_velocities: velocities at the start are normal, not uniform.
        velocity_limit: to which observed velocities are clipped.
        hidden_positions: how many of the first positions are not observed: x, or x and y.
        observed: fields of MuJoCo's data that follow positions and velocities, with how many entries are left out.
        measured_at: what x is: of the first joint, of the torso's frame or of the centre of mass.
        success_speed: m/s, mean of an episode, from which on running counts as a success.
        time_limit: control steps after which an episode is truncated.
        view: metres across the picture.
        elevation: degrees by which its camera looks down; 90 is from above.
    """

    summary: str
    gymnasium_id: str
    xml_file: str
    frame_skip: int
    forward_reward_weight: float = 1.0
    ctrl_cost_weight: float
    contact_cost_weight: float = 0.0
    contact_force_range: tuple[float, float] = EVERY
    contact_cost_range: tuple[float, float] = EVERY
    healthy_reward: float = 0.0
    healthy_z_range: tuple[float, float] | None = None
    healthy_angle_range: tuple[float, float] = EVERY
    healthy_state_range: tuple[float, float] = EVERY
    reset_noise_scale: float
    normal_velocities: bool = False
    velocity_limit: float = math.inf
    hidden_positions: int = 1
    observed: tuple[tuple[str, int], ...] = ()
    measured_at: Literal["joint", "torso", "mass"] = "joint"
    success_speed: float
    time_limit: int = 1000
    view: float = 3.2
    elevation: float = 12.0

    @property
    def feels_contacts(self) -> bool:
        """Whether contact forces are rewarded or seen, and so have to be computed."""
        return self.contact_cost_weight > 0 or any(name == "cfrc_ext" for name, _ in self.observed)

    def upstream_arguments(self) -> dict[str, Any]:
        """Arguments with which Gymnasium makes this robot: what differs from its environment's own defaults."""
        shipped = kind_of(self)
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name in UPSTREAM_ARGUMENTS and getattr(self, field.name) != getattr(shipped, field.name)
        }


UPSTREAM_ARGUMENTS = frozenset(
    {
        "xml_file",
        "frame_skip",
        "forward_reward_weight",
        "ctrl_cost_weight",
        "contact_cost_weight",
        "contact_force_range",
        "contact_cost_range",
        "healthy_reward",
        "healthy_z_range",
        "healthy_angle_range",
        "healthy_state_range",
        "reset_noise_scale",
    }
)
"""Fields of ``Body`` that Gymnasium's constructors take, each as far as its robot has it."""

BODIES = {
    "half-cheetah": Body(
        summary="a planar cat-like runner that cannot fall over; 6 motors",
        gymnasium_id="HalfCheetah-v5",
        xml_file="half_cheetah.xml",
        frame_skip=5,
        ctrl_cost_weight=0.1,
        reset_noise_scale=0.1,
        normal_velocities=True,
        success_speed=2.0,
    ),
    "hopper": Body(
        summary="a planar one-legged hopper; 3 motors",
        gymnasium_id="Hopper-v5",
        xml_file="hopper.xml",
        frame_skip=4,
        ctrl_cost_weight=1e-3,
        healthy_reward=1.0,
        healthy_z_range=(0.7, math.inf),
        healthy_angle_range=(-0.2, 0.2),
        healthy_state_range=(-100.0, 100.0),
        reset_noise_scale=5e-3,
        velocity_limit=10.0,
        success_speed=1.0,
    ),
    "walker2d": Body(
        summary="a planar two-legged walker; 6 motors",
        gymnasium_id="Walker2d-v5",
        xml_file="walker2d_v5.xml",
        frame_skip=4,
        ctrl_cost_weight=1e-3,
        healthy_reward=1.0,
        healthy_z_range=(0.8, 2.0),
        healthy_angle_range=(-1.0, 1.0),
        reset_noise_scale=5e-3,
        velocity_limit=10.0,
        success_speed=1.0,
    ),
    "ant": Body(
        summary="a four-legged walker in space; 8 motors",
        gymnasium_id="Ant-v5",
        xml_file="ant.xml",
        frame_skip=5,
        ctrl_cost_weight=0.5,
        contact_cost_weight=5e-4,
        contact_force_range=(-1.0, 1.0),
        healthy_reward=1.0,
        healthy_z_range=(0.2, 1.0),
        reset_noise_scale=0.1,
        normal_velocities=True,
        hidden_positions=2,
        observed=(("cfrc_ext", 1),),
        measured_at="torso",
        success_speed=1.0,
        elevation=30.0,
    ),
    "swimmer": Body(
        summary="a three-link swimmer in a viscous fluid, seen from above; 2 motors",
        gymnasium_id="Swimmer-v5",
        xml_file="swimmer.xml",
        frame_skip=4,
        ctrl_cost_weight=1e-4,
        reset_noise_scale=0.1,
        hidden_positions=2,
        success_speed=0.1,
        view=6.0,
        elevation=90.0,
    ),
    "humanoid": Body(
        summary="a two-legged, two-armed humanoid in space; 17 motors",
        gymnasium_id="Humanoid-v5",
        xml_file="humanoid.xml",
        frame_skip=5,
        forward_reward_weight=1.25,
        ctrl_cost_weight=0.1,
        contact_cost_weight=5e-7,
        contact_cost_range=(-math.inf, 10.0),
        healthy_reward=5.0,
        healthy_z_range=(1.0, 2.0),
        reset_noise_scale=1e-2,
        hidden_positions=2,
        observed=(("cinert", 1), ("cvel", 1), ("qfrc_actuator", 6), ("cfrc_ext", 1)),
        measured_at="mass",
        success_speed=1.0,
        elevation=30.0,
    ),
}
"""The robots that ship, by name."""


def kind_of(body: Body) -> Body:
    """The robot that ships whose place ``body`` takes."""
    return next(shipped for shipped in BODIES.values() if shipped.gymnasium_id == body.gymnasium_id)
