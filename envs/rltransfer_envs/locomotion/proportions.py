"""Longer and shorter limbs: a model's geometry changed before MuJoCo compiles it."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError

Vector = npt.NDArray[np.float64]
_LONG = (mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_CYLINDER)
_SOLID = (mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_ELLIPSOID)


def roots(spec: Any) -> list[Any]:
    """The torsos: bodies that hang from the world by joints."""
    return [body for body in spec.worldbody.bodies if body.joints]


def stretch_limbs(spec: Any, factor: float) -> None:
    """Scale the skeleton of everything beyond the torso; where a limb sits on the torso stays, as do thicknesses."""
    for root in roots(spec):
        for limb in root.bodies:
            _stretch_limb(limb, factor)


def stretch_torso(spec: Any, factor: float) -> None:
    """Scale the torso, and with it the places at which limbs sit on it."""
    for root in roots(spec):
        _stretch_geometry(root, factor)
        for limb in root.bodies:
            limb.pos = np.asarray(limb.pos) * factor


def _stretch_limb(body: Any, factor: float) -> None:
    _stretch_geometry(body, factor)
    for joint in body.joints:
        joint.pos = np.asarray(joint.pos) * factor
    for child in body.bodies:
        child.pos = np.asarray(child.pos) * factor
        _stretch_limb(child, factor)


def _stretch_geometry(body: Any, factor: float) -> None:
    """Scale places, and lengths along each geom's own axis."""
    if body.explicitinertial:
        raise ConfigError(
            f"body {body.name!r} states its inertia, which does not follow another length. "
            "Let MuJoCo derive it from the geoms (inertiafromgeom), or leave the length factors at 1."
        )
    for geom in body.geoms:
        if not np.isnan(geom.fromto[0]):
            geom.fromto = np.asarray(geom.fromto) * factor
            continue
        geom.pos = np.asarray(geom.pos) * factor
        size = np.array(geom.size)
        if geom.type in _LONG:
            size[1] *= factor
        elif geom.type in _SOLID:
            size[np.argmax(size)] *= factor
        elif geom.type != mujoco.mjtGeom.mjGEOM_SPHERE:
            raise ConfigError(
                f"geom {geom.name!r} of body {body.name!r} is a {geom.type.name[6:].lower()}, which has no length "
                "to scale. Leave the length factors at 1."
            )
        geom.size = size
    for site in body.sites:
        site.pos = np.asarray(site.pos) * factor


def fix_density(spec: Any, compiled: mujoco.MjModel) -> None:
    """Turn a stated total mass into the density it comes to, so that longer limbs weigh more and the torso the same.

    Args:
        spec: not stretched yet.
        compiled: the model of that spec.
    """
    total = float(spec.compiler.settotalmass)
    if total <= 0:
        return
    spec.compiler.settotalmass = -1.0
    unscaled = float(spec.copy().compile().body_mass.sum())
    ratio = float(compiled.body_mass.sum()) / unscaled
    for body in spec.bodies:
        for geom in body.geoms:
            geom.density *= ratio
            if np.isfinite(geom.mass):
                geom.mass *= ratio


def lowest_point(model: mujoco.MjModel, qpos: Vector) -> float:
    """Metres above the world's origin of the lowest point of all moving bodies.

    Args:
        model: compiled.
        qpos: (nq,) positions.
    """
    data = mujoco.MjData(model)
    data.qpos[:] = qpos
    mujoco.mj_kinematics(model, data)
    moving = model.body_weldid[model.geom_bodyid] > 0
    return float(min(bottom(model, data, int(geom)) for geom in np.flatnonzero(moving)))


def bottom(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> float:
    """Metres above the world's origin of a geom's lowest point; exact but for ellipsoids and meshes, whose box counts.

    Args:
        model: compiled.
        data: whose kinematics are computed.
        geom: index.
    """
    upward = np.abs(data.geom_xmat[geom].reshape(3, 3)[2])
    kind, size = model.geom_type[geom], model.geom_size[geom]
    middle = data.geom_xpos[geom, 2]
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return float(middle - size[0])
    if kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        return float(middle - size[0] - upward[2] * size[1])
    if kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
        return float(middle - size[0] * np.sqrt(1 - min(upward[2] ** 2, 1.0)) - upward[2] * size[1])
    centre = data.geom_xmat[geom].reshape(3, 3)[2] @ model.geom_aabb[geom, :3]
    return float(middle + centre - upward @ model.geom_aabb[geom, 3:])
