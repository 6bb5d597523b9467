"""Each factor's effect on MuJoCo's models, by hand or against MuJoCo's own compiler."""

import math

import mujoco
import numpy as np
import pytest

from rltransfer.errors import ConfigError
from rltransfer_envs.locomotion.bodies import BODIES, Body
from rltransfer_envs.locomotion.family import LOCOMOTION
from rltransfer_envs.locomotion.models import load, make_setting
from rltransfer_envs.locomotion.proportions import lowest_point

SLED = """
<mujoco>
  <compiler angle="radian" inertiafromgeom="true"/>
  <option timestep="0.002" gravity="0 0 -9.81"/>
  <worldbody>
    <geom name="floor" type="plane" size="40 40 1" friction="0.5 0 0" condim="3"/>
    <body name="torso" pos="0 0 {z}">
      <joint type="slide" axis="1 0 0" name="rootx"/>
      <joint type="slide" axis="0 0 1" name="rootz"/>
      <joint type="hinge" axis="0 1 0" name="rooty"/>
      <geom type="box" size="0.5 0.5 0.1" mass="4" friction="0.5 0 0" condim="3"/>
    </body>
  </worldbody>
  <actuator><motor joint="rootx" gear="20" ctrlrange="-1 1" ctrllimited="true"/></actuator>
</mujoco>
"""
"""A box that one motor pushes along the floor (z=0.1) or through the air."""


def body(path, z):
    path.write_text(SLED.format(z=z))
    return Body(
        summary="sled", gymnasium_id="HalfCheetah-v5", xml_file=str(path), frame_skip=5, ctrl_cost_weight=0.0,
        reset_noise_scale=0.0, success_speed=1.0,
    )  # fmt: skip


def setting(body, **environment):
    return make_setting(body, LOCOMOTION.task(environment=environment).environment.full())


def flown(body, seconds, push=0.0, **environment):
    """(x, z, vx, vz) after ``seconds`` of pushing with the motor."""
    model = setting(body, **environment).model
    data = mujoco.MjData(model)
    data.ctrl[:] = push
    mujoco.mj_step(model, data, nstep=round(seconds / model.opt.timestep))
    return (*data.qpos[:2], *data.qvel[:2])


@pytest.mark.parametrize("gravity", [0.5, 1.0, 1.5])
def test_a_body_falls_with_the_gravity_asked_for(tmp_path, gravity):
    x, z, vx, vz = flown(body(tmp_path / "sled.xml", 100), 0.5, gravity=gravity)
    assert vz == pytest.approx(-9.81 * gravity * 0.5, rel=1e-9)
    # semi-implicit Euler falls half a step further than g t^2 / 2
    assert z == pytest.approx(-9.81 * gravity * 0.5 * (0.5 + 0.002) / 2, rel=1e-9)
    assert (x, vx) == (0.0, 0.0)


@pytest.mark.parametrize("slope", [-8.0, 5.0])
def test_on_a_slope_gravity_pulls_back_down_it_and_keeps_its_strength(tmp_path, slope):
    _, _, vx, vz = flown(body(tmp_path / "sled.xml", 100), 0.5, slope=slope)
    assert vx == pytest.approx(-9.81 * math.sin(math.radians(slope)) * 0.5)
    assert vz == pytest.approx(-9.81 * math.cos(math.radians(slope)) * 0.5)


def test_double_mass_halves_the_acceleration(tmp_path):
    sled = body(tmp_path / "sled.xml", 100)
    # 20 N on 4 kg for half a second
    assert flown(sled, 0.5, push=1.0)[2] == pytest.approx(20 / 4 * 0.5)
    assert flown(sled, 0.5, push=1.0, density=0.5)[2] == pytest.approx(20 / 2 * 0.5)
    assert flown(sled, 0.5, push=1.0, motor_strength=1.25, density=1.25)[2] == pytest.approx(20 / 4 * 0.5)


def test_a_pushed_box_slides_by_what_friction_leaves_over(tmp_path):
    sled = body(tmp_path / "sled.xml", 0.1)
    # 20 N against 0.5 * 4 kg * g = 19.62 N; a quarter of that, and three quarters more
    for factor in (0.25, 0.5):
        expected = (20 - factor * 0.5 * 4 * 9.81) / 4
        assert flown(sled, 1.0, push=1.0, friction=factor)[2] == pytest.approx(expected, rel=0.02)
    assert abs(flown(sled, 1.0, push=1.0, friction=1.75)[2]) < 0.02


@pytest.mark.parametrize("robot", BODIES)
def test_gear_scales_every_torque(robot):
    forces = []
    for strength in (1.0, 1.25):
        model = setting(BODIES[robot], motor_strength=strength).model
        data = mujoco.MjData(model)
        data.ctrl[:] = np.linspace(-0.3, 0.3, model.nu)
        mujoco.mj_forward(model, data)
        forces.append(data.qfrc_actuator.copy())
    assert np.abs(forces[0]).max() > 1
    np.testing.assert_allclose(forces[1], 1.25 * forces[0], rtol=1e-14)


def test_damping_slows_a_swinging_joint(tmp_path):
    slow, usual = (setting(BODIES["ant"], damping=factor).model for factor in (2.0, 1.0))
    for model, factor in ((slow, 2.0), (usual, 1.0)):
        data = mujoco.MjData(model)
        data.qvel[6:] = 1.0
        mujoco.mj_forward(model, data)
        np.testing.assert_array_equal(data.qfrc_damper[6:], -factor * np.ones(8))
    assert (slow.dof_damping[:6] == 0).all()


@pytest.mark.parametrize("robot", ["hopper", "walker2d", "ant", "swimmer", "humanoid"])
def test_density_gives_what_mujoco_compiles_from_denser_geoms(robot):
    spec = load(BODIES[robot].xml_file)[0].copy()
    for geom in spec.geoms:
        geom.density *= 1.5
    reference, ours = spec.compile(), setting(BODIES[robot], density=1.5).model
    for name in ("body_mass", "body_inertia", "body_subtreemass", "body_invweight0", "dof_invweight0", "dof_M0"):
        np.testing.assert_allclose(getattr(ours, name), getattr(reference, name), rtol=1e-9, err_msg=name)
    assert ours.stat.meaninertia == pytest.approx(reference.stat.meaninertia)  # scales the solver's tolerance
    assert ours.stat.meanmass == pytest.approx(reference.stat.meanmass)


def test_half_cheetah_weighs_14_kg_times_its_density():
    assert setting(BODIES["half-cheetah"]).model.body_mass.sum() == pytest.approx(14)
    assert setting(BODIES["half-cheetah"], density=1.5).model.body_mass.sum() == pytest.approx(21)


def test_limb_mass_leaves_the_torso():
    usual, heavy = (setting(BODIES["walker2d"], limb_mass=mass).model for mass in (1.0, 2.0))
    np.testing.assert_allclose(heavy.body_mass / np.maximum(usual.body_mass, 1e-9), [0, 1, 2, 2, 2, 2, 2, 2])
    np.testing.assert_allclose(heavy.body_inertia[2:], 2 * usual.body_inertia[2:])
    assert (heavy.dof_M0[3:] > usual.dof_M0[3:]).all()  # derived, so computed again


@pytest.mark.parametrize("length", [0.7, 1.3])
@pytest.mark.parametrize("robot", BODIES)
def test_longer_limbs_are_the_same_skeleton_at_another_scale(robot, length):
    usual, ours = setting(BODIES[robot]), setting(BODIES[robot], limb_length=length)
    datas = []
    for one in (usual, ours):
        data = mujoco.MjData(one.model)
        data.qpos[:] = one.model.qpos0
        mujoco.mj_kinematics(one.model, data)
        datas.append(data)
    for k in range(2, usual.model.nbody):
        parent = usual.model.body_parentid[k]
        before, after = (data.xpos[k] - data.xpos[parent] for data in datas)
        np.testing.assert_allclose(after, before * (1.0 if parent == 1 else length), atol=1e-12)
    for g in np.flatnonzero(usual.model.geom_bodyid > 1):
        before, after = (
            data.geom_xpos[g] - data.xpos[usual.model.geom_bodyid[g]] for data in datas
        )  # fmt: skip
        np.testing.assert_allclose(after, before * length, atol=1e-12)
        radius, half = usual.model.geom_size[g, :2]
        np.testing.assert_allclose(ours.model.geom_size[g, :2], [radius, half * length])
    np.testing.assert_array_equal(ours.model.geom_size[usual.model.geom_bodyid <= 1][0], usual.model.geom_size[0])


@pytest.mark.parametrize("environment", [{"limb_length": 0.7}, {"limb_length": 1.3}, {"torso_length": 1.3}])
@pytest.mark.parametrize("robot", ["half-cheetah", "hopper", "walker2d", "ant", "humanoid"])
def test_feet_begin_as_far_from_the_ground_as_upstream(robot, environment):
    usual, ours = setting(BODIES[robot]), setting(BODIES[robot], **environment)
    assert lowest_point(ours.model, ours.qpos) == pytest.approx(lowest_point(usual.model, usual.qpos), abs=1e-9)


def test_a_hopper_on_long_legs_begins_higher_and_fails_higher():
    usual, ours = setting(BODIES["hopper"]), setting(BODIES["hopper"], limb_length=1.3)
    # thigh 0.45 m, from the thigh's frame to the leg's 0.7 m, and from there to the foot's geom 0.35 - 0.1 m
    raised = 0.3 * (0.7 + 0.25)
    assert ours.qpos[1] - usual.qpos[1] == pytest.approx(raised)
    assert ours.healthy_z[0] == pytest.approx(0.7 * (1.25 + raised) / 1.25)
    assert ours.healthy_z[1] == math.inf


def test_half_cheetahs_torso_keeps_its_mass_when_legs_grow():
    usual, ours = setting(BODIES["half-cheetah"]).model, setting(BODIES["half-cheetah"], limb_length=1.3).model
    assert ours.body_mass[1] == pytest.approx(usual.body_mass[1])
    # a capsule: pi r^2 (2 h) + 4/3 pi r^3, at the density that makes 14 kg
    half, radius = 0.145, 0.046
    volume = [math.pi * radius**2 * 2 * half * s + 4 / 3 * math.pi * radius**3 for s in (1.0, 1.3)]
    assert ours.body_mass[2] / usual.body_mass[2] == pytest.approx(volume[1] / volume[0])


def test_lengths_refuse_what_does_not_follow_them(tmp_path):
    sled = body(tmp_path / "sled.xml", 1)
    text = (tmp_path / "sled.xml").read_text()
    fixed = '<inertial pos="0 0 0" mass="1" diaginertia="1 1 1"/><joint type="slide" axis="1 0 0"'
    (tmp_path / "sled.xml").write_text(
        text.replace('inertiafromgeom="true"', 'inertiafromgeom="auto"').replace(
            '<joint type="slide" axis="1 0 0"', fixed
        )
    )
    with pytest.raises(ConfigError, match="body 'torso' states its inertia"):
        setting(sled, torso_length=1.1)
    assert setting(sled, density=1.5).model.body_mass[1] == 1.5
