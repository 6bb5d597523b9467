"""Arm's dynamics against figures worked out by hand."""

import math

import mujoco
import numpy as np
import pytest

from rltransfer.tasks.variation import Variation
from rltransfer_envs.arm.bodies import (
    BODIES,
    LINK_RADIUS,
    POST_RADIUS,
    PUCK_MASS,
    PUCK_RADIUS,
    STANDARD_GRAVITY,
    TABLE_FRICTION,
    TIP_MASS,
    TIP_RADIUS,
)
from rltransfer_envs.arm.factors import FACTORS
from rltransfer_envs.arm.kinematics import tip_of
from rltransfer_envs.arm.model import SUBSTEPS, TIMESTEP, mjcf
from rltransfer_envs.arm.simulation import Simulation

FAR = (5.0, 5.0)


def model_of(robot="two-link", task="reach", **environment):
    return mujoco.MjModel.from_xml_string(mjcf(robot, task, Variation(FACTORS, environment).full()))


def simulation(pose, *, robot="two-link", task="push", num_envs=1, num_threads=1, **environment):
    """Copies at rest in a pose, puck and posts far from everything."""
    sim = Simulation(num_envs, robot, task, environment, num_threads=num_threads)
    begin(sim)
    sim.qpos[:, : len(pose)] = pose
    if sim.settings.puck >= 0:
        sim.qpos[:, sim.settings.puck :] = -0.8, -0.8
    return sim


def begin(sim, seed=0):
    frames = np.zeros((len(sim.copies), 64, 64, 3), np.uint8)
    sim.reset([seed + k for k in range(len(sim.copies))], np.ones(len(sim.copies), bool), frames)
    return frames


def play(sim, action, steps):
    frames = np.zeros((len(sim.copies), 64, 64, 3), np.uint8)
    actions = np.tile(np.asarray(action, float), (len(sim.copies), 1))
    for _ in range(steps):
        sim.step(actions, frames)
    return sim


def tip(sim, copy=0):
    return np.array(tip_of(sim.qpos[copy].copy(), sim.settings.lengths)[:2])


@pytest.mark.parametrize("length", [0.75, 1.0, 1.1])
@pytest.mark.parametrize("robot", list(BODIES))
def test_the_tip_is_where_mujoco_has_it(robot, length):
    model = model_of(robot, link_length=length)
    data = mujoco.MjData(model)
    data.qpos[: len(BODIES[robot].lengths)] = np.random.default_rng(0).uniform(-2, 2, len(BODIES[robot].lengths))
    mujoco.mj_forward(model, data)
    x, y, _ = tip_of(data.qpos.copy(), np.array(BODIES[robot].lengths) * length)
    np.testing.assert_allclose(data.site("tip").xpos, [x, y, 0.0], atol=1e-12)


@pytest.mark.parametrize("length", [0.75, 1.1])
def test_link_length_sets_how_far_the_arm_reaches(length):
    sim = simulation((0.3, 0.0), link_length=length)
    assert np.linalg.norm(tip(sim)) == pytest.approx(0.8 * length)


def capsule_inertia(mass, length, radius):
    """About the middle, across the axis: a cylinder and the two halves of a ball."""
    share = (4 / 3 * radius) / (4 / 3 * radius + length)
    ball, cylinder = share * mass, (1 - share) * mass
    return cylinder * (length**2 / 12 + radius**2 / 4) + ball * (
        0.4 * radius**2 + length**2 / 4 + 3 / 8 * length * radius
    )


def test_a_hanging_arm_swings_with_the_period_of_a_compound_pendulum_and_keeps_its_energy():
    gravity = 2.0
    model = model_of(gravity=gravity, friction=0.0)
    model.dof_damping[:] = 0.0
    model.jnt_stiffness[1] = 2e3  # the elbow is held straight
    model.opt.timestep = 1e-3
    model.opt.integrator = mujoco.mjtIntegrator.mjINT_RK4
    model.opt.enableflags |= mujoco.mjtEnableBit.mjENBL_ENERGY.value
    data = mujoco.MjData(model)
    data.qpos[0] = -math.pi / 2 + 0.1
    energies, crossings, before = [], [], 0.1
    for _ in range(8000):
        mujoco.mj_step(model, data)
        angle = data.qpos[0] + math.pi / 2
        if before > 0 >= angle:
            crossings.append(data.time + angle / data.qvel[0] * -1)
        before = angle
        energies.append(sum(data.energy))
    middles, masses = (0.2, 0.6), BODIES["two-link"].masses
    inertia = TIP_MASS * (0.8**2 + 0.4 * TIP_RADIUS**2) + sum(
        capsule_inertia(mass, 0.4, LINK_RADIUS) + mass * middle**2 for mass, middle in zip(masses, middles, strict=True)
    )
    moment = TIP_MASS * 0.8 + sum(mass * middle for mass, middle in zip(masses, middles, strict=True))
    period = 2 * math.pi * math.sqrt(inertia / (moment * gravity)) * (1 + 0.1**2 / 16)
    assert np.diff(crossings).mean() == pytest.approx(period, rel=0.005)
    kinetic = moment * gravity * (1 - math.cos(0.1))
    assert np.ptp(energies) < 0.01 * kinetic


def test_gravity_sags_the_arm():
    level, tilted = (play(simulation((0.0, 0.0), gravity=g), (0, 0), 40) for g in (0.0, 3.0))
    assert tip(level) == pytest.approx([0.8, 0.0])
    assert tip(tilted)[1] < -0.6


def test_payload_adds_a_point_mass_to_the_mass_matrix():
    pose, payload, matrices = np.array([0.4, 1.1]), 0.7, []
    for mass in (0.0, payload):
        model = model_of(payload=mass)
        data = mujoco.MjData(model)
        data.qpos[:] = pose
        mujoco.mj_forward(model, data)
        dense = np.zeros((2, 2))
        mujoco.mj_fullM(model, data, dense)
        matrices.append(dense)
    a, b = pose[0], pose.sum()
    jacobian = np.array(
        [
            [-0.4 * (math.sin(a) + math.sin(b)), -0.4 * math.sin(b)],
            [0.4 * (math.cos(a) + math.cos(b)), 0.4 * math.cos(b)],
        ]
    )
    ball = 0.4 * payload * 0.03**2  # it turns with the forearm
    np.testing.assert_allclose(matrices[1] - matrices[0], payload * jacobian.T @ jacobian + ball, rtol=1e-9)


def test_payload_and_link_mass_slow_the_arm():
    turned = [
        play(simulation((0.0, 0.5), **e), (1, 0), 4).qpos[0, 0] for e in ({}, {"payload": 1.0}, {"link_mass": 3.0})
    ]
    assert turned[0] > 1.15 * turned[1]
    assert turned[0] > 1.15 * turned[2]


@pytest.mark.parametrize(
    ("environment", "pull"),
    [
        ({}, 5.0),
        ({"damping": 3.0}, 5.0),
        ({"motor_gear": 2.0}, 10.0),
        ({"friction": 0.0}, 5.0),
        ({"friction": 3.0}, 5.0),
    ],
)
def test_the_shoulder_turns_as_fast_as_damping_and_friction_let_it(environment, pull):
    action = 0.4
    sim = play(simulation((0.0, 0.0), **environment), (action, 0.0), 200)
    friction, damping = 0.1 * environment.get("friction", 1.0), 1.7 * environment.get("damping", 1.0)
    assert sim.qvel[0, 0] == pytest.approx((action * pull - friction) / damping, rel=0.01)


@pytest.mark.parametrize("friction", [0.5, 1.0, 3.0])
def test_the_puck_slides_as_far_as_dry_friction_lets_it(friction):
    sim = simulation((math.pi, 0.0), friction=friction)
    sim.qpos[0, 2:], sim.qvel[0, 2:] = (0.4, 0.4), (0.6, 0.0)
    play(sim, (0, 0), 80)
    pull, drag = TABLE_FRICTION * PUCK_MASS * STANDARD_GRAVITY * friction, 0.3
    duration = PUCK_MASS / drag * math.log(1 + 0.6 * drag / pull)
    way = PUCK_MASS / drag * 0.6 - pull / drag * duration
    assert sim.qpos[0, 2] - 0.4 == pytest.approx(way, abs=0.6 * TIMESTEP / 2)  # half a physics step
    assert sim.qpos[0, 3] == pytest.approx(0.4)


def test_the_tip_pushes_the_puck_and_does_not_enter_it():
    sim = simulation((0.0, 0.6))
    x, y = tip(sim)
    across = np.array([-y, x]) / math.hypot(x, y)
    sim.qpos[0, 2:] = start = tip(sim) + 0.12 * across
    least = 1.0
    for _ in range(16):
        play(sim, (0.5, 0.0), 1)
        least = min(least, np.linalg.norm(tip(sim) - sim.qpos[0, 2:]))
    moved = sim.qpos[0, 2:] - start
    assert moved @ across > 0.1
    assert least > PUCK_RADIUS + TIP_RADIUS - 0.01
    away = simulation((0.0, 0.6))
    assert play(away, (0.5, 0.0), 16).qpos[0, 2:] == pytest.approx([-0.8, -0.8])


def test_links_pass_above_the_puck():
    sim = simulation((0.0, 0.6))
    sim.qpos[0, 2:] = 0.25, 0.25
    play(sim, (1.0, 0.0), 20)
    assert sim.qpos[0, 0] > 1.2
    assert sim.qpos[0, 2:] == pytest.approx([0.25, 0.25])


@pytest.mark.parametrize("robot", list(BODIES))
def test_posts_stop_the_arm(robot):
    stops = []
    for post in (FAR, (0.0, 0.3)):
        sim = simulation((0.0, 0.3), robot=robot, obstacles=1)
        start = sim.settings.columns.posts
        sim.batch.state[0, start : start + 2] = post
        action = np.zeros(BODIES[robot].num_actions)
        action[0] = 0.4
        stops.append(play(sim, action, 60).qpos[0, 0])
    assert stops[0] > 2.5
    assert stops[1] == pytest.approx(math.pi / 2 - math.asin((POST_RADIUS + LINK_RADIUS) / 0.3), abs=0.05)


def test_the_jaws_close_on_the_puck_and_carry_it():
    sim = simulation((0.0, 1.2), robot="gripper")
    sim.qpos[0, 4:] = start = tip(sim)
    play(sim, (0, 0, 1), 20)
    assert (sim.qpos[0, 2:4] < 0.06).all()  # it is between them
    empty = simulation((0.0, 1.2), robot="gripper")
    assert (play(empty, (0, 0, 1), 20).qpos[0, 2:4] > 0.08).all()
    play(sim, (-0.5, 0, 1), 30)  # with the jaws' open side behind
    assert np.linalg.norm(sim.qpos[0, 4:] - start) > 0.3
    assert np.linalg.norm(tip(sim) - sim.qpos[0, 4:]) < 0.05


@pytest.mark.parametrize("delay", [1, 3])
def test_delayed_actions_are_earlier_actions(delay):
    prompt, late = (simulation((0.0, 0.6), action_delay=d) for d in (0, delay))
    play(late, (0, 0), delay)  # nothing waits
    actions = np.random.default_rng(0).uniform(-1, 1, (100, 2))  # as many as the longest episode has
    waiting = simulation((0.0, 0.6), action_delay=delay)
    for action in (*actions, *np.zeros((delay, 2))):
        play(waiting, action, 1)
    for action in (*np.zeros((delay, 2)), *actions):
        play(prompt, action, 1)
    np.testing.assert_array_equal(prompt.qpos, waiting.qpos)


@pytest.mark.parametrize("robot", list(BODIES))
def test_threads_change_no_bit(robot):
    states = []
    for num_threads in (1, 3):
        sim = Simulation(12, robot, "push", {"obstacles": 2}, num_threads=num_threads)
        begin(sim)
        rng = np.random.default_rng(0)
        frames = np.zeros((12, 64, 64, 3), np.uint8)
        for _ in range(40):
            sim.step(rng.uniform(-1, 1, (12, BODIES[robot].num_actions)), frames)
        states.append((sim.get_state(), frames))
    for name, value in states[0][0].items():
        np.testing.assert_array_equal(value, states[1][0][name])
    np.testing.assert_array_equal(states[0][1], states[1][1])


def test_a_batch_is_a_loop_over_mujoco_itself():
    sim = simulation((0.2, 0.9))
    sim.qpos[0, 2:] = tip(sim) + np.array([0.0, 0.11])
    data = mujoco.MjData(sim.model)
    data.qpos[:] = sim.qpos[0]
    for action in np.random.default_rng(0).uniform(-1, 1, (20, 2)):
        play(sim, action, 1)
        data.ctrl[:] = action
        mujoco.mj_step(sim.model, data, SUBSTEPS)
    np.testing.assert_array_equal(sim.qpos[0], data.qpos)
    assert sim.batch.bind("time")[0] == pytest.approx(20 * SUBSTEPS * TIMESTEP)
