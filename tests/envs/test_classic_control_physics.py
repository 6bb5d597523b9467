"""The five systems against upstream, and against equations of motion solved here in another way."""

import math

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.box2d import lunar_lander as upstream_lander
from gymnasium.envs.classic_control.cartpole import CartPoleEnv
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rltransfer_envs.classic_control.family import ACROBOT, CARTPOLE, LUNAR_LANDER, MOUNTAIN_CAR, PENDULUM

PACKER = {
    (CARTPOLE, "force"): (5, 15, 1, 20),
    (CARTPOLE, "length"): (0.25, 0.75, 0.05, 1.0),
    (CARTPOLE, "mass"): (0.05, 0.5, 0.01, 1.0),
    (MOUNTAIN_CAR, "force"): (0.0005, 0.005, 0.0001, 0.01),
    (MOUNTAIN_CAR, "gravity"): (0.001, 0.005, 0.0005, 0.01),
    **{(ACROBOT, name): (0.75, 1.25, 0.5, 1.5) for name in ("length", "mass", "inertia")},
    **{(PENDULUM, name): (0.75, 1.25, 0.5, 1.5) for name in ("length", "mass")},
}
"""Packer et al. 2018, table 1: the ranges R and E."""


def placed(family, state, *, robot=None, task=None, **factors):
    """One copy in a given state."""
    env = family.task(robot=robot, task=task, environment=factors).make_vec(num_envs=1)
    env.reset(seed=0)
    env.set_state({**env.get_state(), "states": np.array([state], np.float64)})
    return env


def cart_pole_accelerations(angle, angular_velocity, force, *, gravity, cart, pole, half_length):
    """(cart's, pole's) from Lagrange's equations of a uniform rod on a cart, as a linear system."""
    cos, sin = math.cos(angle), math.sin(angle)
    inertia = np.array(
        [[cart + pole, pole * half_length * cos], [pole * half_length * cos, 4 / 3 * pole * half_length**2]]
    )
    forces = [force + pole * half_length * angular_velocity**2 * sin, pole * gravity * half_length * sin]
    return np.linalg.solve(inertia, forces)


@pytest.mark.parametrize(
    ("cart", "pole", "half_length", "gravity"), [(1, 0.1, 0.5, 9.8), (1, 0.05, 0.25, 9.8), (2, 0.4, 0.8, 3)]
)
def test_cart_pole_accelerates_as_its_masses_and_lengths_say(cart, pole, half_length, gravity):
    env = placed(
        CARTPOLE, [0.1, 0.2, 0.15, 0.5], cart_mass=float(cart), mass=pole, length=half_length, gravity=float(gravity)
    )
    env.step(np.array([1]))
    _, x_dot, _, theta_dot = env.system.states[0]
    expected = cart_pole_accelerations(0.15, 0.5, 10.0, gravity=gravity, cart=cart, pole=pole, half_length=half_length)
    np.testing.assert_allclose([(x_dot - 0.2) / 0.02, (theta_dot - 0.5) / 0.02], expected, rtol=1e-9)


def test_half_the_pole_by_hand():
    """Upright at rest: total mass 1.05, so the cart's share is 10 / 1.05 = 9.5238 before the pole answers."""
    env = placed(CARTPOLE, [0, 0, 0, 0], mass=0.05, length=0.25)
    env.step(np.array([1]))
    angular = -(10 / 1.05) / (0.25 * (4 / 3 - 0.05 / 1.05))  # -29.6296
    assert angular == pytest.approx(-29.6296, abs=1e-4)
    np.testing.assert_allclose(env.system.states[0, 3] / 0.02, angular, rtol=1e-12)
    np.testing.assert_allclose(env.system.states[0, 1] / 0.02, 10 / 1.05 - 0.0125 * angular / 1.05, rtol=1e-12)


def play_beside_upstream(ours, theirs, steps):
    """Both from the same seeds; every array must agree in every bit."""
    seen, expected = ours.reset(seed=[*range(ours.num_envs)])[0], theirs.reset(seed=[*range(ours.num_envs)])[0]
    np.testing.assert_array_equal(seen, expected)
    ours.action_space.seed(4)
    ends = 0
    for _ in range(steps):
        action = ours.action_space.sample()
        seen, expected = ours.step(action), theirs.step(action)
        for mine, reference in zip(seen[:4], expected[:4], strict=True):
            np.testing.assert_array_equal(mine, reference)
        for k in np.flatnonzero(seen[2] | seen[3]):
            np.testing.assert_array_equal(seen[4]["final_obs"][k], expected[4]["final_obs"][k])
            ends += 1
    return ends


@pytest.mark.parametrize("integrator", ["explicit", "semi-implicit"])
def test_batched_cart_pole_is_upstream_with_consistent_constants(integrator):
    def make(force, length, pole, gravity, step):
        env = CartPoleEnv()
        env.force_mag, env.length, env.masspole, env.gravity, env.tau = force, length, pole, gravity, step
        env.total_mass, env.polemass_length = env.masspole + env.masscart, env.masspole * env.length
        env.kinematics_integrator = "euler" if integrator == "explicit" else integrator
        return gymnasium.wrappers.TimeLimit(env, 500)

    for constants in ((10.0, 0.5, 0.1, 9.8, 0.02), (5.0, 0.25, 0.3, 20.0, 0.03)):
        factors = dict(zip(("force", "length", "mass", "gravity", "time_step"), constants, strict=True))
        ours = CARTPOLE.task(environment={**factors, "integrator": integrator}).make_vec(num_envs=8)
        theirs = SyncVectorEnv([lambda c=constants: make(*c)] * 8, autoreset_mode=AutoresetMode.SAME_STEP)
        assert play_beside_upstream(ours, theirs, 200) > 8


def test_a_single_copy_is_upstream_episode_after_episode():
    ours, theirs = CARTPOLE.make(CARTPOLE.task()), gymnasium.make("CartPole-v1")
    for episode in range(3):
        seed = 3 if episode == 0 else None
        np.testing.assert_array_equal(ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0])
        ended = False
        while not ended:
            seen, expected = ours.step(1), theirs.step(1)
            np.testing.assert_array_equal(seen[0], expected[0])
            ended = expected[2] or expected[3]
            assert (seen[2] or seen[3]) == ended


def test_a_pole_that_swings_gains_no_energy():
    """The semi-implicit method keeps it within a few percent; the explicit one would multiply it."""
    env = placed(CARTPOLE, [0, 0, 2.0, 0], task="swing-up", robot="continuous")
    heights = []
    for _ in range(400):
        env.step(np.zeros((1, 1), np.float32))
        heights.append(math.cos(env.system.states[0, 2]))
    assert max(heights[200:]) == pytest.approx(math.cos(2.0), abs=0.06)


@pytest.mark.parametrize(("length", "mass", "gravity"), [(1.0, 1.0, 10.0), (0.5, 1.5, 4.0)])
def test_pendulum_accelerates_as_a_rod(length, mass, gravity):
    env = placed(PENDULUM, [0.7, 0.3], length=length, mass=mass, gravity=gravity)
    env.step(np.array([[1.5]], np.float32))
    inertia = mass * length**2 / 3
    expected = (mass * gravity * length / 2 * math.sin(0.7) + 1.5) / inertia
    assert (env.system.states[0, 1] - 0.3) / 0.05 == pytest.approx(expected, rel=1e-6)


def test_greatest_torque_scales_actions():
    env = placed(PENDULUM, [0.0, 0.0], max_torque=4.0)
    env.step(np.array([[2.0]], np.float32))
    assert env.system.states[0, 1] / 0.05 == pytest.approx(3 * 4.0, rel=1e-6)


@pytest.mark.parametrize("length", [1.0, 1.5])
def test_acrobot_keeps_its_energy(length):
    """No torque, so energy is constant where the centres of mass lie half way along links of this length."""
    env = placed(ACROBOT, [1.0, 0.5, 0.0, 0.0], task="hold", length=length, mass=1.2, inertia=0.8, time_step=0.1)

    def energy():
        one, two, one_dot, two_dot = env.system.states[0]
        both, half = one + two, length / 2
        elbow = length * one_dot * np.array([math.cos(one), math.sin(one)])
        lower = elbow + half * (one_dot + two_dot) * np.array([math.cos(both), math.sin(both)])
        moving = 1.2 * ((half * one_dot) ** 2 + lower @ lower) + 0.8 * (one_dot**2 + (one_dot + two_dot) ** 2)
        return moving / 2 - 1.2 * 9.8 * (half * math.cos(one) + length * math.cos(one) + half * math.cos(both))

    before = energy()
    for _ in range(30):
        env.step(np.array([1]))
    assert energy() == pytest.approx(before, rel=2e-3)


@pytest.mark.parametrize("robot", ["discrete", "continuous"])
def test_the_car_rolls_by_its_slope_and_engine(robot):
    env = placed(MOUNTAIN_CAR, [-0.9, 0.0], robot=robot, gravity=0.005, force=0.002)
    env.step(np.array([2]) if robot == "discrete" else np.array([[1.0]], np.float32))
    engine = 0.002 * (1.0 if robot == "discrete" else 1.5)
    assert env.system.states[0, 1] == pytest.approx(engine - 0.005 * math.cos(-2.7), rel=1e-6)


def fall(action, **factors):
    """Change of the vertical velocity, in observed units, in one step with an action after three without."""
    env = LUNAR_LANDER.task(environment=factors).make_vec(num_envs=1)
    env.reset(seed=1)
    for _ in range(3):
        before = env.step(np.array([0]))[0][0, 3]
    return float(env.step(np.array([action]))[0][0, 3] - before)


def test_landers_constants_act_and_stay_its_own():
    scale = (400 / 30 / 2) / 50  # observed units a unit of velocity
    assert fall(0) == pytest.approx(-10 / 50 * scale, rel=1e-3)
    assert fall(0, gravity=5.0) == pytest.approx(-5 / 50 * scale, rel=1e-3)
    lift = fall(2) - fall(0)
    assert fall(2, main_engine=26.0) - fall(0) == pytest.approx(2 * lift, rel=0.02)
    assert fall(2, mass=2.0) - fall(0) == pytest.approx(lift / 2, rel=0.02)
    assert upstream_lander.MAIN_ENGINE_POWER == 13.0


def test_ranges_are_packers_and_samples_keep_to_them():
    for (family, name), (low, high, lowest, highest) in PACKER.items():
        factor = family.factors[name]
        assert factor.usual_range == (low, high)
        assert (factor.low, factor.high) == (lowest, highest)
        for split, inside in (("train", True), ("extrapolation", False)):
            drawn = [dict(v).get(name, factor.default) for v in family.sample(20, seed=0, factors=[name], split=split)]
            assert all((low <= value <= high) is inside for value in drawn)
