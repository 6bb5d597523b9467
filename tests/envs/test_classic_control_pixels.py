"""What is drawn is what is: states can be read off the pixels."""

import math

import numpy as np
import pytest

from rltransfer_envs.classic_control.family import ACROBOT, ALL, CARTPOLE, LUNAR_LANDER, MOUNTAIN_CAR, PENDULUM
from rltransfer_envs.classic_control.palettes import BODY, MARK, ROD, palette

DAY = palette("day")


def view_of(family, *, task=None, **factors):
    """What a frame shows at these factor values."""
    return family.task(task=task, environment=factors).make_vec(num_envs=1).system.view


def frames_of(family, states, *, task=None, **factors):
    """(num, 64, 64, 3) of states put in place."""
    environment = {"observation": "pixels", **factors}
    env = family.task(task=task, environment=environment).make_vec(num_envs=len(states))
    env.reset(seed=0)
    env.set_state({**env.get_state(), "states": np.array(states, np.float64)})
    observations = np.empty(env.observation_space.shape, np.uint8)
    env.eye.observe(np.ones(len(states), np.bool_), observations)
    return observations


def middle(frame, colour, view, *, reach=90.0):
    """Where the pixels of about a colour are in the scene, weighted by how near they come to it."""
    weight = np.clip(1 - np.linalg.norm(frame.astype(float) - DAY[colour], axis=2) / reach, 0, None)
    rows, columns = np.mgrid[:64, :64] + 0.5
    scale = 64 / view.field
    x = (weight * columns).sum() / weight.sum()
    y = (weight * rows).sum() / weight.sum()
    return view.x + (x - 32) / scale, view.y + (32 - y) / scale


def test_the_angle_of_the_pole_is_read_off():
    angles = np.radians([-12, -6, -2, 0, 1, 3, 9])
    frames = frames_of(CARTPOLE, [[0.5, 0, angle, 0] for angle in angles], afterimage=False)
    for frame, angle in zip(frames, angles, strict=True):
        x, y = middle(frame, ROD, view_of(CARTPOLE))
        assert math.degrees(math.atan2(x - 0.5, y)) == pytest.approx(math.degrees(angle), abs=1.0)


def test_the_cart_is_where_it_is():
    for frame, x in zip(frames_of(CARTPOLE, [[x, 0, 0, 0] for x in (-2, -0.3, 1.7)]), (-2, -0.3, 1.7), strict=True):
        assert middle(frame, BODY, view_of(CARTPOLE))[0] == pytest.approx(x, abs=0.03)


def test_one_frame_holds_all_of_the_cart_poles_state():
    """Even a linear map, fitted on other frames, reads each number off the pixels."""
    rng = np.random.default_rng(0)
    states = rng.uniform([-1, -1, -0.2, -1.5], [1, 1, 0.2, 1.5], (1_200, 4))
    pixels = frames_of(CARTPOLE, states).reshape(len(states), -1) / 255
    pixels = pixels[:, pixels.std(axis=0) > 1e-3] - 0.5
    likeness = pixels @ pixels.T + 1
    weights = np.linalg.solve(likeness[:1_000, :1_000] + 3 * np.eye(1_000), states[:1_000])
    errors = likeness[1_000:, :1_000] @ weights - states[1_000:]
    explained = 1 - errors.var(axis=0) / states[1_000:].var(axis=0)
    assert (explained > [0.99, 0.6, 0.97, 0.7]).all()


def test_pendulum_and_acrobot_tips_are_where_they_are():
    from rltransfer_envs.classic_control.pendulum_system import Pendulum

    for angle in (0.0, 1.0, -2.0):
        (frame,) = frames_of(PENDULUM, [[angle, 0.0]], length=1.25)
        tip = middle(frame, BODY, Pendulum.view)
        np.testing.assert_allclose(tip, (-1.25 * math.sin(angle), 1.25 * math.cos(angle)), atol=0.06)
        (frame,) = frames_of(ACROBOT, [[angle, 0.5, 0.0, 0.0]])
        upper = middle(frame, BODY, view_of(ACROBOT))
        np.testing.assert_allclose(upper, (0.5 * math.sin(angle), -0.5 * math.cos(angle)), atol=0.12)


def amount(frame, colour, *, reach=90.0):
    """How many pixels are of about a colour."""
    return np.clip(1 - np.linalg.norm(frame.astype(float) - DAY[colour], axis=2) / reach, 0, None).sum()


def is_seen(frame, colour, view, x, y, *, reach=90.0):
    """Whether a pixel within two of a point of the scene is of about a colour; by 150, half covered by it will do."""
    column, row = (32 + 64 * (x - view.x) / view.field, 32 - 64 * (y - view.y) / view.field)
    rows, columns = np.mgrid[:64, :64] + 0.5
    distance = np.linalg.norm(frame.astype(float) - DAY[colour], axis=2)
    return bool((distance[np.hypot(rows - row, columns - column) <= 2] < reach).any())


LONG = {"length": 1.0, "track_limit": 3.6, "angle_limit": 24.0}


@pytest.mark.parametrize("task", ["balance", "swing-up"])
@pytest.mark.parametrize(
    "factors", [{}, {"track_limit": 1.2}, {"length": 0.05}, *({name: LONG[name]} for name in LONG), LONG], ids=str
)
def test_cart_and_pole_are_seen_at_the_ends_of_the_track(task, factors):
    values = CARTPOLE.task(environment=factors).environment.full()
    end, limit = values["track_limit"], math.radians(values["angle_limit"])
    view = view_of(CARTPOLE, task=task, **factors)
    angles = (0.0, math.pi) if task == "swing-up" else (0.0, limit)
    for angle in angles:
        states = [[x, 0, side * angle, 0] for x, side in ((0, 1), (end, 1), (-end, -1))]
        amid, *ends = frames_of(CARTPOLE, states, task=task, afterimage=False, **factors)
        for frame, side in zip(ends, (1, -1), strict=True):
            assert amount(frame, BODY) == pytest.approx(amount(amid, BODY), rel=0.2)  # the whole cart
            tip = 4 * values["length"] * math.sin(side * angle), 4 * values["length"] * math.cos(angle)
            assert is_seen(frame, ROD, view, side * end + tip[0], tip[1], reach=150)
            if angle != limit:  # leaning out at the very end, half of the tip may be cut
                assert amount(frame, ROD, reach=200.0) == pytest.approx(amount(amid, ROD, reach=200.0), rel=0.2)


@pytest.mark.parametrize(
    "factors", [{}, *({"length": n, "goal_height": h} for n in (0.5, 1.5) for h in (0.0, 1.8))], ids=str
)
def test_the_acrobots_tip_and_line_are_seen_wherever_they_are(factors):
    values = ACROBOT.task(environment=factors).environment.full()
    view, length = view_of(ACROBOT, **factors), values["length"]
    angles = (0, math.pi / 2, math.pi, -math.pi / 2)
    for frame, angle in zip(frames_of(ACROBOT, [[a, 0, 0, 0] for a in angles], **factors), angles, strict=True):
        assert is_seen(frame, ROD, view, 2 * length * math.sin(angle), -2 * length * math.cos(angle))
        for side in (-1, 1):  # from edge to edge
            assert is_seen(frame, MARK, view, 0.48 * side * view.field, values["goal_height"] * length, reach=150)


def test_the_default_frames_are_as_wide_as_they_were():
    assert view_of(CARTPOLE) == view_of(CARTPOLE, task="swing-up") == (0.0, 0.0, 5.6)
    assert view_of(ACROBOT) == (0.0, 0.0, 5.2)


def test_car_and_lander_are_where_they_are():
    from rltransfer_envs.classic_control.lunar_lander_system import LunarLander
    from rltransfer_envs.classic_control.mountain_car_system import MountainCar

    for place in (-1.0, -0.5, 0.2):
        (frame,) = frames_of(MOUNTAIN_CAR, [[place, 0.0]])
        assert middle(frame, BODY, MountainCar.view)[0] == pytest.approx(place, abs=0.09)  # it stands beside its slope
    env = LUNAR_LANDER.task(environment={"observation": "pixels"}).make_vec(num_envs=1)
    env.reset(seed=2)
    for _ in range(40):
        seen = env.step(np.array([0]))[0][0]
    lander = env.system.landers[0].lander
    np.testing.assert_allclose(middle(seen, BODY, LunarLander.view), tuple(lander.position), atol=0.4)


@pytest.mark.parametrize(
    ("family", "still", "moving"),
    [
        (CARTPOLE, [0, 0, 0.1, 0], [[0, 0, 0.1, 0.5], [0, 0.5, 0.1, 0]]),
        (MOUNTAIN_CAR, [-0.5, 0], [[-0.5, 0.01], [-0.5, -0.01]]),
        (ACROBOT, [1, 0.5, 0, 0], [[1, 0.5, 1, 0], [1, 0.5, 0, 1]]),
        (PENDULUM, [1, 0], [[1, 1], [1, -1]]),
    ],
)
def test_velocities_show_in_one_frame_and_only_by_the_afterimage(family, still, moving):
    frames = frames_of(family, [still, *moving])
    assert all((frames[k] != frames[j]).any() for k in range(3) for j in range(k))
    without = frames_of(family, [still, *moving], afterimage=False)
    assert (without == without[0]).all()


def test_distractors_never_move_the_physics_and_noise_is_each_copys_own():
    environment = {"observation": "pixels", "distractors": 6, "noise": 20.0, "occlusion": 0.2}
    env = CARTPOLE.task(environment=environment).make_vec(num_envs=2)
    plain = CARTPOLE.task().make_vec(num_envs=2)
    frames, _ = env.reset(seed=[5, 6])
    plain.reset(seed=[5, 6])
    assert (frames[0] != frames[1]).mean() > 0.5
    for _ in range(30):
        env.step(np.array([1, 0]))
        plain.step(np.array([1, 0]))
    np.testing.assert_array_equal(env.system.states, plain.system.states)


def test_noise_on_vectors_has_the_deviation_asked_for():
    env = CARTPOLE.task(environment={"observation_noise": 0.1}).make_vec(num_envs=2_000)
    seen, _ = env.reset(seed=0)
    deviations = (seen - env.system.observations).std(axis=0)
    np.testing.assert_allclose(deviations, 0.1 * env.system.scales, rtol=0.08)


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_a_copy_of_many_sees_what_it_would_see_alone(family):
    environment = {"observation": "pixels", "distractors": 4, "noise": 10.0, "occlusion": 0.2, "texture": "noise"}
    many, alone = (family.task(environment=environment).make_vec(num_envs=num) for num in (5, 1))
    many.reset(seed=[*range(5)])
    alone.reset(seed=[3])
    many.action_space.seed(1)
    for _ in range(150):  # over ends of episodes, with new terrain and distractors
        actions = many.action_space.sample()
        seen, expected = many.step(actions), alone.step(actions[3:4])
        np.testing.assert_array_equal(seen[0][3:4], expected[0])
        assert seen[0].max() > 100


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_pixels_go_on_from_a_former_state(family):
    environment = {"observation": "pixels", "distractors": 4, "noise": 10.0, "occlusion": 0.2}
    env, other = (family.task(environment=environment).make_vec(num_envs=2) for _ in range(2))
    env.reset(seed=1)
    other.reset(seed=2)
    env.action_space.seed(2)
    env.step(env.action_space.sample())
    other.set_state(env.get_state())
    for _ in range(40):
        actions = env.action_space.sample()
        np.testing.assert_array_equal(env.step(actions)[0], other.step(actions)[0])


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_large_frames_show_what_small_ones_do(family):
    env = family.task(environment={"observation": "pixels", "palette": "dusk"}).make_vec(
        num_envs=1, render_mode="rgb_array"
    )
    env.reset(seed=3)
    seen = env.step(env.action_space.sample())[0][0]
    shrunk = env.render()[0].reshape(64, 6, 64, 6, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - seen).mean() < 3.0
