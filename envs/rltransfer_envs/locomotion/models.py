"""A robot's MuJoCo model in an environment: factors become fields of the model, and what derives from them follows."""

from __future__ import annotations

import copy
import functools
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError
from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.locomotion import proportions
from rltransfer_envs.locomotion.bodies import Body, kind_of

Vector = npt.NDArray[np.float64]
ASSETS = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What one copy lives in.

    Args:
        model: MuJoCo's, with the factors in it.
        qpos: (nq,) positions around which episodes begin.
        qvel: (nv,) velocities around which they begin.
        healthy_z: (low, high) heights that count as healthy, metres.
        action_delay: control steps.
        noise: standard deviation.
        slope: degrees, for the picture.
    """

    model: mujoco.MjModel
    qpos: Vector
    qvel: Vector
    healthy_z: tuple[float, float]
    action_delay: int
    noise: float
    slope: float


def make_setting(body: Body, factors: Mapping[str, FactorValue]) -> Setting:
    """A robot under a full set of factor values.

    With longer legs the robot begins higher, so that it has upstream's distance from the ground; heights that
    count as healthy grow in proportion to the height at which it begins.

    Raises:
        ConfigError: no such model, MuJoCo refuses it, or a length factor has nothing to act on.
    """
    value = {name: float(number) for name, number in factors.items()}
    spec, default = load(body.xml_file)
    model = copy.copy(default)
    upstream = mujoco.MjData(model)
    qpos, qvel = np.array(upstream.qpos), np.array(upstream.qvel)
    healthy_z = body.healthy_z_range or (-math.inf, math.inf)
    if value["limb_length"] != 1.0 or value["torso_length"] != 1.0:
        before = proportions.lowest_point(model, qpos)
        spec = spec.copy()
        proportions.fix_density(spec, model)
        proportions.stretch_limbs(spec, value["limb_length"])
        proportions.stretch_torso(spec, value["torso_length"])
        model = _compiled(spec, body.xml_file)
        raised = before - proportions.lowest_point(model, qpos)
        height = height_index(model)
        if height is not None and raised != 0.0:
            low, high = healthy_z
            ratio = (qpos[height] + raised) / qpos[height] if body.healthy_z_range else 1.0
            healthy_z = (low * ratio, high * ratio)
            qpos[height] += raised
    change_physics(model, value)
    return Setting(
        model=model,
        qpos=qpos,
        qvel=qvel,
        healthy_z=healthy_z,
        action_delay=int(value["action_delay"]),
        noise=value["noise"],
        slope=value["slope"],
    )


def change_physics(model: mujoco.MjModel, value: Mapping[str, float]) -> None:
    """Set every factor that is a field of a compiled model; at the defaults not one bit changes.

    Args:
        model: changed in place, with the constants that derive from mass, inertia and gear.
        value: of each factor.
    """
    if value["gravity"] != 1.0:
        model.opt.gravity[:] *= value["gravity"]
    if value["slope"] != 0.0:  # a plane tilted by an angle is a level plane under gravity tilted the other way
        angle = math.radians(value["slope"])
        along, up = model.opt.gravity[0], model.opt.gravity[2]
        model.opt.gravity[0] = along * math.cos(angle) + up * math.sin(angle)
        model.opt.gravity[2] = up * math.cos(angle) - along * math.sin(angle)
    model.geom_friction[:] *= value["friction"]
    model.pair_friction[:] *= value["friction"]
    is_limb = model.body_parentid != 0
    mass = np.where(is_limb, value["limb_mass"], 1.0) * value["density"]
    model.body_mass[:] *= mass
    model.body_inertia[:] *= mass[:, None]
    model.actuator_gear[:] *= value["motor_strength"]
    model.dof_damping[:] *= value["damping"]
    model.dof_dampingpoly[:] *= value["damping"]
    mujoco.mj_setConst(model, mujoco.MjData(model))
    if (
        mass != 1.0
    ).any():  # statistics of the compiler's, which mj_setConst leaves; the solver's tolerance has the first
        model.stat.meaninertia = model.dof_M0.mean()
        model.stat.meanmass = model.body_mass[1:].mean()


def load(xml_file: str) -> tuple[Any, mujoco.MjModel]:
    """The ``MjSpec`` and the model of a file of Gymnasium's, or of a path; not to be changed.

    Raises:
        ConfigError: there is no such file, or MuJoCo refuses it.
    """
    path = model_path(xml_file)
    if not path.is_file():
        raise ConfigError(f"there is no MuJoCo model {str(path)!r}. Give the path of one.")
    return _loaded(str(path), path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _loaded(path: str, modified: int) -> tuple[Any, mujoco.MjModel]:
    """Kept, for building textures takes ten times as long as copying the model."""
    try:
        spec = mujoco.MjSpec.from_file(path)
    except (ValueError, mujoco.FatalError) as error:
        raise ConfigError(f"MuJoCo cannot read {path!r}: {_first_line(error)}") from error
    return spec, _compiled(spec, path)


def check_model(body: Body) -> None:
    """Hold the model of ``body`` against that of the robot whose place it takes.

    Raises:
        ConfigError: no such file, MuJoCo refuses it, other first joints, or a motor without bounds.
    """
    kind = kind_of(body)
    model, other = load(body.xml_file)[1], load(kind.xml_file)[1]
    found, wanted = _root_joints(model), _root_joints(other)
    if found[: len(wanted)] != wanted:
        raise ConfigError(
            f"the joints of its first body are {_in_words(found)}, but in {kind.gymnasium_id} they begin with "
            f"{_in_words(wanted)}, by which it is seen and rewarded. Take the place of a robot with such joints, or "
            "change the model."
        )
    if not model.nu or not model.actuator_ctrllimited.all():
        lacking = "it has no motors" if not model.nu else "a motor has no bounds"
        raise ConfigError(f"{lacking}. Give it motors with a ctrlrange, ctrlrange='-1 1'.")


def _root_joints(model: mujoco.MjModel) -> list[str]:
    """What the joints of the first body are: ``free``, ``slide along x``, ``hinge about y``."""
    described = []
    for joint in range(model.njnt):
        if model.jnt_bodyid[joint] != 1:
            continue
        kind = mujoco.mjtJoint(model.jnt_type[joint]).name.removeprefix("mjJNT_").lower()
        axis = model.jnt_axis[joint]
        if kind == "slide":  # which way is forwards matters; which way an angle counts does not
            kind += f" along {_axis(axis)}"
        elif kind == "hinge":
            kind += f" about {_axis(np.abs(axis))}"
        described.append(kind)
    return described


def _axis(axis: Vector) -> str:
    names = [name for name, unit in zip("xyz", np.eye(3), strict=True) if np.allclose(axis, unit, atol=1e-3)]
    return names[0] if names else "(" + ", ".join(f"{number:g}" for number in axis) + ")"


def _in_words(joints: list[str]) -> str:
    return f"({', '.join(joints)})"


def model_path(xml_file: str) -> Path:
    """Where a model lies: among Gymnasium's own where it is a bare name that is there, else the path."""
    own = ASSETS / xml_file
    return own if Path(xml_file).name == xml_file and own.is_file() else Path(xml_file).expanduser().resolve()


def height_index(model: mujoco.MjModel) -> int | None:
    """Which position is the torso's height; None for a robot that cannot leave its plane."""
    first = next((b for b in range(1, model.nbody) if model.body_parentid[b] == 0 and model.body_jntnum[b]), None)
    if first is None:
        return None
    start = model.body_jntadr[first]
    for joint in range(start, start + model.body_jntnum[first]):
        if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_FREE:
            return int(model.jnt_qposadr[joint]) + 2
        if model.jnt_type[joint] == mujoco.mjtJoint.mjJNT_SLIDE and model.jnt_axis[joint, 2] > 0.999:
            return int(model.jnt_qposadr[joint])
    return None


def _compiled(spec: Any, xml_file: str) -> mujoco.MjModel:
    try:
        with warnings.catch_warnings():  # half_cheetah.xml uses settotalmass, which MuJoCo 4 calls deprecated
            warnings.simplefilter("ignore", UserWarning)
            return spec.compile()
    except (ValueError, mujoco.FatalError) as error:
        raise ConfigError(f"MuJoCo cannot compile {xml_file!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
