"""The MuJoCo model of a robot in a task, with every dynamics factor in its fields.

Everything lies in one horizontal plane. Spheres and capsules whose middles are in that plane touch as discs and
stadiums would, in closed form and with normals in the plane. The finger and the jaws reach down to the table, the
links pass above the puck; posts are as high as the arm.
"""

from __future__ import annotations

from collections.abc import Mapping

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.arm import bodies
from rltransfer_envs.arm.bodies import BODIES, Body

TIMESTEP = 0.0125
SUBSTEPS = 4
"""Physics steps in a control step, which lasts 0.05 s."""

# contype, conaffinity: a pair collides where one's type meets the other's affinity
_LINK, _TOOL, _PUCK, _POST, _BASE, _NOTHING = (
    'contype="1" conaffinity="0"',
    'contype="2" conaffinity="0"',
    'contype="4" conaffinity="2"',
    'contype="0" conaffinity="7"',
    'contype="0" conaffinity="6"',
    'contype="0" conaffinity="0"',
)


def mjcf(robot: str, task: str, factors: Mapping[str, FactorValue]) -> str:
    """The model as MuJoCo's XML, whose compiler derives inertias and positions from what the factors give.

    Args:
        robot: a key of ``BODIES``.
        task: ``push`` brings a puck.
        factors: a full set of factor values.
    """
    body = BODIES[robot]
    contact = bodies.CONTACT_FRICTION * float(factors["friction"])
    posts = "".join(
        f'<body name="post{k}" mocap="true" pos="5 {k} 0">'
        f'<geom name="post{k}" type="sphere" size="{bodies.POST_RADIUS}" {_POST} rgba="0.36 0.41 0.47 1"/></body>\n'
        for k in range(int(factors["obstacles"]))
    )
    return f"""
<mujoco model="{robot}, {task}">
  <compiler angle="radian" autolimits="true"/>
  <option timestep="{TIMESTEP}" gravity="0 {-float(factors["gravity"])} 0" cone="elliptic"/>
  <visual>
    <global offwidth="384" offheight="384"/>
    <headlight ambient="0.35 0.35 0.35" diffuse="0.2 0.2 0.2" specular="0 0 0"/>
  </visual>
  <default>
    <geom friction="{contact} 0.005 0.0001" condim="3" solref="0.03 1"/>
    <joint axis="0 0 1" type="hinge"/>
  </default>
  <worldbody>
    <light pos="-1 1 3" dir="0.3 -0.3 -1" diffuse="0.35 0.35 0.35" specular="0.1 0.1 0.1" castshadow="true"/>
    <camera name="above" pos="0 0 3.9" fovy="27.4"/>
    <geom name="table" type="box" pos="0 0 -0.11" size="{bodies.TABLE_HALF} {bodies.TABLE_HALF} 0.02"
      {_NOTHING} rgba="0.91 0.89 0.82 1"/>
    <site name="goal" type="cylinder" size="0.12 0.004" pos="0 0 -0.085" rgba="0.24 0.75 0.38 1"/>
    <site name="hazard" type="box" size="0.08 0.08 0.004" euler="0 0 0.785" pos="0 5 -0.085" rgba="0.75 0.15 0.15 1"/>
    <geom name="base" type="sphere" size="0.09" {_BASE} rgba="0.2 0.22 0.26 1"/>
    {_links(body, factors)}
    {_puck(float(factors["friction"])) if task == "push" else ""}
    {posts}
  </worldbody>
  {_tendon() if body.has_hand else ""}
  <actuator>{_motors(body, float(factors["motor_gear"]), int(factors["action_delay"]))}</actuator>
</mujoco>"""


def _links(body: Body, factors: Mapping[str, FactorValue]) -> str:
    """Nested bodies from the shoulder to the tip."""
    length, mass = float(factors["link_length"]), float(factors["link_mass"])
    damping, friction = float(factors["damping"]), float(factors["friction"])
    opened, pos = "", "0 0 0"
    num_links = len(body.lengths)
    for k in range(num_links):
        is_last = k == num_links - 1
        reach = body.lengths[k] * length
        capsule = reach - bodies.HAND_LENGTH if is_last and body.has_hand else reach
        limit = f'range="{-bodies.ELBOW_LIMIT} {bodies.ELBOW_LIMIT}"' if k else ""
        opened += f"""
    <body name="link{k}" pos="{pos}">
      <joint name="joint{k}" {limit} damping="{body.damping[k] * damping}"
        frictionloss="{body.friction[k] * friction}"/>
      <geom name="link{k}" type="capsule" fromto="0 0 0 {capsule} 0 0" size="{bodies.LINK_RADIUS}"
        mass="{body.masses[k] * mass}" {_LINK} rgba="0.18 0.44 0.87 1"/>"""
        pos = f"{reach} 0 0"
    hand = _hand(pos, body.lengths[-1] * length - bodies.HAND_LENGTH) if body.has_hand else _finger(pos)
    payload = f"""
      <geom name="payload" type="sphere" size="0.03" pos="{pos}" mass="{float(factors["payload"])}" {_NOTHING}
        rgba="0.9 0.53 0.12 {1 if float(factors["payload"]) else 0}"/>
      <site name="tip" pos="{pos}" size="{0.01 if body.has_hand else 0.045}" rgba="0.85 0.11 0.55 1"/>"""
    return opened + hand + payload + "</body>" * num_links


def _finger(pos: str) -> str:
    return f"""
      <geom name="finger" type="sphere" size="{bodies.TIP_RADIUS}" pos="{pos}" mass="{bodies.TIP_MASS}" {_TOOL}
        rgba="0.98 0.98 0.98 1"/>"""


def _hand(pos: str, palm: float) -> str:
    """A palm across the forearm's end, and two jaws that slide along it."""
    jaws = ""
    for name, side in (("left", 1), ("right", -1)):
        jaws += f"""
      <body name="{name}" pos="{palm} {side * bodies.JAW_OPEN} 0">
        <joint name="{name}" type="slide" axis="0 {-side} 0" range="0 {bodies.JAW_TRAVEL}"
          springref="{bodies.JAW_REST}" stiffness="{bodies.JAW_STIFFNESS}" damping="{bodies.JAW_DAMPING}"/>
        <geom name="{name}" type="capsule" fromto="0 0 0 {bodies.JAW_LENGTH} 0 0" size="{bodies.JAW_RADIUS}"
          mass="{bodies.JAW_MASS}" {_TOOL} rgba="0.98 0.98 0.98 1"/>
      </body>"""
    return f"""
      <geom name="palm" type="capsule" fromto="{palm} {-bodies.JAW_OPEN} 0 {palm} {bodies.JAW_OPEN} 0"
        size="{bodies.JAW_RADIUS}" mass="{bodies.TIP_MASS}" {_TOOL} rgba="0.2 0.22 0.26 1"/>{jaws}"""


def _tendon() -> str:
    """What makes one motor close both jaws."""
    return '<tendon><fixed name="jaws"><joint joint="left" coef="1"/><joint joint="right" coef="1"/></fixed></tendon>'


def _motors(body: Body, gear: float, delay: int) -> str:
    """Motors that answer ``delay`` control steps late: MuJoCo keeps every physics step's control until then.

    It looks for the control of a time before, so half a physics step is left for the rounding of summed times.
    """
    steps = delay * SUBSTEPS
    late = f'delay="{(steps - 0.5) * TIMESTEP}" nsample="{steps + 1}" interp="zoh"' if delay else ""
    motors = "".join(
        f'<motor name="motor{k}" joint="joint{k}" gear="{torque * gear}" ctrlrange="-1 1" {late}/>'
        for k, torque in enumerate(body.torques)
    )
    if body.has_hand:
        motors += f'<motor name="jaws" tendon="jaws" gear="{bodies.JAW_FORCE * gear}" ctrlrange="-1 1" {late}/>'
    return motors


def _puck(friction: float) -> str:
    """A disc that slides in x and y and is held by the table's dry friction."""
    room = bodies.TABLE_HALF - 0.05
    held = bodies.TABLE_FRICTION * bodies.PUCK_MASS * bodies.STANDARD_GRAVITY * friction
    joints = "".join(
        f'<joint name="puck_{name}" type="slide" axis="{axis}" range="{-room} {room}" frictionloss="{held}"'
        ' damping="0.3"/>'
        for name, axis in (("x", "1 0 0"), ("y", "0 1 0"))
    )
    return f"""<body name="puck">{joints}
      <geom name="puck" type="sphere" size="{bodies.PUCK_RADIUS}" mass="{bodies.PUCK_MASS}" {_PUCK}
        rgba="0.6 0.42 0.24 1"/></body>"""
