"""The wrappers that any Gymnasium id may have, held against arithmetic."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.errors import RLTransferError
from rltransfer.tasks.images import ResizeImage


class Picture(gymnasium.Env):
    """Random pictures; the reward is the action as it arrives; it ends by itself after ``length`` steps."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012
    action_space = spaces.Box(-4.0, 2.0, (1,), np.float64)

    def __init__(self, *, size=16, length=1000, render_mode=None):
        self.render_mode, self.length = render_mode, length
        self.observation_space = spaces.Box(0, 255, (size, size, 3), np.uint8)

    def picture(self):
        self.seen = self.np_random.integers(0, 256, self.observation_space.shape, np.uint8)
        return self.seen

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.picture(), {}

    def step(self, action):
        self.steps += 1
        return self.picture(), float(action[0]), self.steps >= self.length, False, {}

    def render(self):
        return np.repeat(np.repeat(self.seen[:8, :8], 2, axis=0), 2, axis=1)


@pytest.fixture(autouse=True)
def registered():
    gymnasium.register("Picture-v0", entry_point=Picture, disable_env_checker=True)
    yield
    del gymnasium.registry["Picture-v0"]


def make(*wrappers, num_envs=2, env_id="Picture-v0", **kwargs):
    env = rlt.make_env({"id": env_id, "kwargs": kwargs, "wrappers": list(wrappers)}, num_envs=num_envs, seed=5)
    return env, env.reset()


def acted(env, *values):
    return env.step(np.array([[value] for value in values]))


def test_resize_averages_over_areas_by_hand():
    image = np.array([[0, 0, 90], [0, 0, 90], [30, 30, 120]], np.uint8)[..., None]
    env = Picture(size=3)
    env.observation_space = spaces.Box(0, 255, (3, 3, 1), np.uint8)
    resized = ResizeImage(env, height=2, width=2).observation(image)
    # Each new pixel covers 1.5 x 1.5 old ones: weights 1 and 1/2, of 3/2, in both directions.
    assert resized[..., 0].tolist() == [[0, 60], [20, 80]]


def test_resize_to_half_is_the_mean_of_blocks_for_every_channel():
    raw, before = make()
    env, after = make({"resize": {"height": 8, "width": 8}})
    blocks = before.reshape(2, 3, 8, 2, 8, 2).mean(axis=(3, 5))
    assert env.observation_space == spaces.Box(0, 255, (3, 8, 8), np.uint8)
    assert np.abs(after - blocks).max() <= 0.5
    assert raw.observation_space.shape == (3, 16, 16)


def test_resize_keeps_a_line_of_one_pixel_visible():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 17] = 255
    for size in (8, 9, 21, 33, 63):
        small = ResizeImage(Picture(size=64), height=size, width=size).observation(image)
        share = size / 64
        assert small[size // 2].sum(axis=0) == pytest.approx([255 * share] * 3, abs=size / 2)
        assert (small.max(axis=(1, 2)) > 0).all()


def test_enlarging_and_shrinking_by_whole_numbers_gives_the_picture_back():
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    large = ResizeImage(Picture(), height=48, width=32).observation(image)
    assert np.array_equal(large, image.repeat(3, axis=0).repeat(2, axis=1))


def test_grayscale_is_luminance():
    _, colour = make()
    env, gray = make("grayscale")
    assert env.observation_space.shape == (1, 16, 16)
    luminance = np.tensordot([0.2125, 0.7154, 0.0721], colour.astype(float), axes=(0, 1))
    assert np.abs(gray[:, 0] - luminance).max() <= 1


def test_frame_stack_holds_the_last_frames_oldest_first():
    single, frame = make(length=5)
    stacked, stack = make({"frame_stack": {"frames": 3}}, length=5)
    assert stacked.observation_space == spaces.Box(0, 255, (9, 16, 16), np.uint8)
    frames = [frame] * 3  # after a reset the first frame fills the stack
    for number in range(1, 12):
        assert np.array_equal(stack, np.concatenate(frames[-3:], axis=1))
        frame, _, ended, infos = acted(single, 0, 0)
        stack, _, _, stack_infos = acted(stacked, 0, 0)
        assert ended.all() == (number % 5 == 0)
        if ended.all():
            last = np.stack([info["terminal_observation"] for info in infos])
            stack_last = np.stack([info["terminal_observation"] for info in stack_infos])
            assert np.array_equal(stack_last, np.concatenate([*frames[-2:], last], axis=1))
            frames = [frame] * 3  # nothing of the former episode is left in it
        else:
            frames.append(frame)


def test_frame_stack_of_vectors_lengthens_them():
    env, first = make({"frame_stack": {"frames": 4}}, env_id="CartPole-v1")
    assert env.observation_space.shape == (16,)
    assert np.array_equal(first[:, :4], first[:, 12:])
    second = env.step(np.array([0, 1]))[0]
    assert np.array_equal(second[:, :12], first[:, 4:])
    assert not np.array_equal(second[:, 12:], first[:, 12:])


def test_pixels_are_the_rendered_frame_scaled():
    _, raw = make()
    env, pixels = make({"pixels": {"height": 8, "width": 8}})
    assert env.observation_space == spaces.Box(0, 255, (3, 8, 8), np.uint8)
    assert np.array_equal(pixels, raw[:, :, :8, :8])  # rendered at twice the size, scaled to half


def test_pixels_show_a_classic_environment():
    pytest.importorskip("pygame")
    env, first = make({"pixels": {"height": 32, "width": 48}}, "grayscale", env_id="CartPole-v1")
    assert env.observation_space.shape == (1, 32, 48)
    for _ in range(9):
        pixels, *_ = env.step(np.array([1, 1]))
    assert (first != pixels).any()
    assert first.std() > 5


def test_time_limit_truncates():
    env, _ = make({"time_limit": {"steps": 3}})
    ends = [acted(env, 0, 0)[2:] for _ in range(7)]
    assert [bool(ended.all()) for ended, _ in ends] == [False, False, True, False, False, True, False]
    assert all(info["TimeLimit.truncated"] and info["episode"]["l"] == 3 for info in ends[2][1])


def test_rescale_action_maps_onto_the_environments_bounds():
    env, _ = make({"rescale_action": {"low": -1.0, "high": 1.0}})
    assert (env.action_space.low, env.action_space.high) == (-1, 1)
    assert acted(env, -1, 1)[1].tolist() == [-4, 2]
    assert acted(env, 0, 0.5)[1].tolist() == [-1, 0.5]


def test_clip_reward_holds_rewards_within_bounds():
    env, _ = make({"clip_reward": {"low": -0.5, "high": 1.5}})
    assert acted(env, -4, 2)[1].tolist() == [-0.5, 1.5]
    assert acted(env, 0.25, 1)[1].tolist() == [0.25, 1]


def test_wrappers_apply_innermost_first():
    gray_first, _ = make("grayscale", {"frame_stack": {"frames": 2}})
    assert gray_first.observation_space.shape == (2, 16, 16)
    with pytest.raises(RLTransferError):
        make({"frame_stack": {"frames": 2}}, "grayscale")


def test_keyword_arguments_reach_the_environment():
    assert make(size=24)[0].observation_space.shape == (3, 24, 24)
