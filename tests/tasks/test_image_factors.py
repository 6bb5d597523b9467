"""Image factors held against arithmetic, and kept away from what happens in the environment."""

import colorsys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from rltransfer.errors import ConfigError, SpaceMismatchError
from rltransfer.tasks.image_effects import ImageEffects
from rltransfer.tasks.image_factors import IMAGE_FACTORS, with_image_factors
from rltransfer.tasks.variation import Variation


class Pictures(gymnasium.Env):
    """Random pictures and random rewards from Gymnasium's own stream."""

    observation_space = spaces.Box(0, 255, (40, 50, 3), np.uint8)
    action_space = spaces.Discrete(2)

    def picture(self):
        return self.np_random.integers(0, 256, self.observation_space.shape, np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.picture(), {}

    def step(self, action):
        return self.picture(), float(self.np_random.random()), False, False, {}


class Restorable(gymnasium.Wrapper):
    def get_state(self):
        return {"rng": repr(self.unwrapped.np_random.bit_generator.state)}

    def set_state(self, state):
        self.unwrapped.np_random.bit_generator.state = eval(state["rng"])


def effects(**values):
    return ImageEffects(Pictures(), **values)


def plain(height=2, width=3, colour=(200, 100, 40)):
    return np.tile(np.array(colour, np.uint8), (height, width, 1))


def played(env, steps=5, seed=3):
    pictures, rewards = [env.reset(seed=seed)[0]], []
    for _ in range(steps):
        picture, reward, *_ = env.step(0)
        pictures.append(picture)
        rewards.append(reward)
    return np.stack(pictures), rewards


def test_defaults_wrap_nothing():
    env = Pictures()
    assert with_image_factors(env, Variation(IMAGE_FACTORS, None).full()) is env
    assert with_image_factors(env, {}) is env


def test_brightness_multiplies_and_is_cut_off_at_white():
    assert effects(brightness=1.5).seen(plain())[0, 0].tolist() == [255, 150, 60]
    assert effects(brightness=0.5).seen(plain())[0, 0].tolist() == [100, 50, 20]


def test_inversion_is_the_negative():
    image = Pictures().observation_space.sample()
    assert np.array_equal(effects(invert=True).seen(image), 255 - image)


def test_grayscale_is_luminance_in_three_channels():
    assert effects(grayscale=True).seen(plain())[0, 0].tolist() == [123, 123, 123]  # 59.8 + 58.7 + 4.56


def test_hue_shift_turns_hue_and_keeps_luminance():
    colour = (150, 110, 90)
    for degrees in (60, 120, -120):
        turned = effects(hue=degrees).seen(plain(colour=colour))[0, 0]
        hues = [colorsys.rgb_to_yiq(*(np.array(c) / 255)) for c in (colour, turned)]
        assert hues[0][0] == pytest.approx(hues[1][0], abs=0.01)
        angles = [np.degrees(np.arctan2(q, i)) for _, i, q in hues]
        assert (angles[1] - angles[0] - degrees + 180) % 360 - 180 == pytest.approx(0, abs=3)
    grey = plain(colour=(77, 77, 77))
    assert np.array_equal(effects(hue=90).seen(grey), grey)


def test_noise_has_the_deviation_asked_for_and_no_bias():
    env = effects(noise=20.0)
    env.reset(seed=0)
    difference = env.seen(plain(200, 200, (128, 128, 128))).astype(float) - 128
    assert difference.std() == pytest.approx(20, rel=0.02)
    assert difference.mean() == pytest.approx(0, abs=0.3)
    assert not np.array_equal(env.seen(plain()), env.seen(plain()))


def test_the_patch_covers_its_share_and_moves_between_episodes_only():
    env = effects(occlusion=0.4)
    corners = []
    for episode in range(8):
        for moment in range(2):
            image = env.reset(seed=1 if episode == 0 else None)[0] if moment == 0 else env.step(0)[0]
            rows, columns = np.where((image == 12).all(axis=2))
            assert len(rows) >= 16 * 16  # 0.4 of 40 pixels
            patch = image[rows.min() : rows.min() + 16, columns.min() : columns.min() + 16]
            corners.append((rows.min(), columns.min()))
            assert (patch == 12).all()
    assert corners[::2] == corners[1::2]
    assert len(set(corners)) > 4


@pytest.mark.parametrize("name", IMAGE_FACTORS)
def test_each_factor_changes_pixels_at_each_bound_and_nothing_else(name):
    before, rewards = played(Pictures())
    for value in IMAGE_FACTORS[name].extremes():
        after, same_rewards = played(with_image_factors(Pictures(), {name: value, "gravity": 3.0}))
        assert rewards == same_rewards
        assert after.shape == before.shape
        assert after.dtype == np.uint8
        assert all((one != other).any() for one, other in zip(before, after, strict=True))


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others():
    values = {"noise": 30.0, "occlusion": 0.3}
    one, again = (played(with_image_factors(Pictures(), values))[0] for _ in range(2))
    assert np.array_equal(one, again)
    env, black = with_image_factors(Pictures(), values), plain(40, 50, (128, 128, 128))
    seen = []
    for seed in (3, 4):
        env.reset(seed=seed)
        seen.append(env.seen(black))
    assert not np.array_equal(*seen)


def test_the_observed_array_is_left_alone():
    image = plain()
    effects(noise=30.0, invert=True, grayscale=True, occlusion=0.4, hue=90).seen(image)
    assert np.array_equal(image, plain())


def test_state_goes_on_bit_for_bit():
    env, other = (ImageEffects(Restorable(Pictures()), noise=30.0, occlusion=0.4) for _ in range(2))
    played(env)
    other.reset(seed=8)
    state = env.get_state()
    expected = [env.step(0)[:2] for _ in range(3)] + [env.reset()]
    other.set_state(state)
    again = [other.step(0)[:2] for _ in range(3)] + [other.reset()]
    for mine, theirs in zip(expected, again, strict=True):
        assert np.array_equal(mine[0], theirs[0])
        assert mine[1] == theirs[1]


def test_an_environment_that_cannot_be_put_back_is_told():
    with pytest.raises(ConfigError, match="cannot be put back"):
        effects(noise=1.0).get_state()


def test_what_is_not_a_colour_image_is_refused():
    with pytest.raises(SpaceMismatchError, match=r"take \(height, width, 3\) uint8 images, not Box"):
        with_image_factors(gymnasium.make("CartPole-v1"), {"invert": True})
