"""ViZDoom held against arithmetic and the engine's own variables."""

import math
import os
import re
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from rltransfer.errors import MissingExtraError
from rltransfer_envs.vizdoom.family import VIZDOOM
from rltransfer_envs.vizdoom.maps import PALETTES, changed_map, read_lumps
from rltransfer_envs.vizdoom.scenarios import FULL_BUTTONS, FULL_MEANINGS, SCENARIOS

vizdoom = pytest.importorskip("vizdoom")


@pytest.fixture
def make():
    made = []

    def one(task="basic", robot="full", *, seed=1, **environment):
        env = VIZDOOM.make(VIZDOOM.task(robot=robot, task=task, environment=environment))
        env.reset(seed=seed)
        made.append(env)
        return env

    yield one
    for env in made:
        env.close()


def variable(env, name):
    return env.unwrapped.game.get_game_variable(getattr(vizdoom.GameVariable, name))


def scenario_map(task):
    return (Path(vizdoom.scenarios_path) / SCENARIOS[task].config).with_suffix(".wad").read_bytes()


def map_text(wad):
    return dict(read_lumps(wad))[b"TEXTMAP"].decode("latin-1")


@pytest.mark.parametrize("tics", [3, 4, 8])
def test_a_step_lasts_as_many_tics_as_the_frame_skip_and_the_limit_truncates(make, tics):
    env = make(frame_skip=tics)
    steps, late = 0, False
    while not late:
        _, reward, terminated, late, info = env.step(0)
        steps += 1
        assert not terminated
        assert late or reward == -tics  # the living reward of basic is -1 a tic
    assert steps == math.ceil(300 / tics)
    assert info["is_success"] is False


def test_full_actions_press_the_buttons_that_their_names_say(make):
    env = make("deadly-corridor")
    for action, meaning in enumerate(FULL_MEANINGS):
        env.step(action)
        pressed = [name for name, down in zip(FULL_BUTTONS, env.unwrapped.game.get_last_action(), strict=True) if down]
        assert pressed == ([] if meaning == "nothing" else [meaning.upper().replace(" ", "_")])


def test_continuous_amounts_turn_by_five_degrees_a_tic_and_walk_like_the_buttons(make):
    env = make("my-way-home", "continuous")
    before = variable(env, "ANGLE")
    env.step(np.array([1, 0, 0, -1], np.float32))
    assert (before - variable(env, "ANGLE")) % 360 == pytest.approx(4 * 5, abs=0.1)
    walked = []
    for robot, forward in (("continuous", np.array([0, 1, 0, -1], np.float32)), ("full", 4)):
        env = make("deadly-corridor", robot)
        walked.append(sum(env.step(forward)[1] for _ in range(4)))  # the reward is the way along the corridor
    assert walked[0] == pytest.approx(walked[1], rel=0.05)
    assert walked[0] > 20


@pytest.mark.parametrize("robot", ["full", "continuous"])
def test_speed_scales_the_way_walked(make, robot):
    action = 4 if robot == "full" else np.array([0, 1, 0, -1], np.float32)
    ways = {
        speed: sum(env.step(action)[1] for _ in range(4))
        for speed, env in ((s, make("deadly-corridor", robot, speed=s)) for s in (0.4, 1.0, 1.6))
    }
    assert ways[0.4] / ways[1.0] == pytest.approx(0.4, rel=0.08)
    assert ways[1.6] / ways[1.0] == pytest.approx(1.6, rel=0.08)


def test_sticky_actions_repeat_the_former_one_as_often_as_asked():
    from rltransfer_envs.vizdoom.playing import Playing

    class Counting(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(0, 1, (1,))
        action_space = gymnasium.spaces.Discrete(10_000)
        game = None

        def __init__(self):
            self.taken = []

        def reset(self, *, seed=None, options=None):
            return np.zeros(1, np.float32), {}

        def step(self, action):
            self.taken.append(int(action))
            return np.zeros(1, np.float32), 0.0, False, False, {}

    inner = Counting()
    env = Playing(inner, robot="minimal", task="basic", sticky=0.3)
    env.reset(seed=0)
    for number in range(4000):
        env.step(number)
    stuck = np.mean(np.diff(inner.taken) == 0)
    assert stuck == pytest.approx(0.3, abs=0.03)
    assert inner.taken[0] == 0


def test_success_in_basic_is_the_monsters_end(make):
    env = make("basic", "minimal", seed=3)
    rng, told = np.random.default_rng(0), set()
    while len(told) < 2:
        _, reward, terminated, truncated, info = env.step(rng.integers(4))
        if terminated or truncated:
            assert info["is_success"] == (reward > 50) == terminated  # 106 for it, minus what the last step cost
            told.add(info["is_success"])
            env.reset()
        else:
            assert info == {}


def test_being_alive_at_the_limit_is_success_and_death_is_not(make):
    env = make("take-cover", "minimal")
    ended = False
    while not ended:
        _, _, terminated, truncated, info = env.step(0)
        ended = terminated or truncated
    assert (terminated, info["is_success"]) == (True, False)
    assert env.unwrapped.game.is_player_dead()


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("task", ["basic", "my-way-home", "predict-position"])
def test_other_textures_keep_the_map_and_what_differs(name, task):
    before, after = scenario_map(task), changed_map(scenario_map(task), textures=name)
    same, changed = zip(read_lumps(before), read_lumps(after), strict=True), []
    for one, other in same:
        assert one[0] == other[0]
        changed += [one[0]] if one[1] != other[1] else []
    assert changed == [b"TEXTMAP"]
    walls = [re.findall(r'texturemiddle\s*=\s*"([^"]+)"', map_text(wad)) for wad in (before, after)]
    assert len(set(zip(*walls, strict=True))) == len(set(walls[0])) == len(set(walls[1]))
    geometry = [re.sub(r'"[^"]+"', "", map_text(wad)) for wad in (before, after)]
    assert geometry[0] == geometry[1]


def test_every_texture_of_the_palettes_is_in_the_game_that_ships():
    lumps = dict(read_lumps((Path(vizdoom.__file__).parent / "freedoom2.wad").read_bytes()))
    for walls, flats in PALETTES.values():
        assert all(name.encode() in lumps[b"TEXTURE1"] for name in walls)
        assert all(name.encode() in lumps for name in flats)


def test_the_start_of_my_way_home_can_be_near_or_far(make):
    vest = (1040.0, -352.0)  # read off the map
    places = [(1039.328, -169.884), (240.0, -176.0)]
    for start, place in zip(("near", "far"), places, strict=True):
        env = make("my-way-home", start=start)
        for seed in (2, 3):
            env.reset(seed=seed)
            assert (variable(env, "POSITION_X"), variable(env, "POSITION_Y")) == pytest.approx(place, abs=1)
    assert math.dist(places[0], vest) < 200 < 800 < math.dist(places[1], vest)
    env = make("my-way-home")
    starts = {round(variable(env, "POSITION_X")) for _ in range(6) if env.reset()}
    assert len(starts) > 2


def test_the_engine_leaves_no_files(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    env = make(textures="wood")
    folder = env.get_wrapper_attr("_folder")
    assert (folder / "basic.wad").exists()
    assert Path.cwd() == tmp_path
    env.close()
    assert os.listdir(tmp_path) == []
    assert not folder.exists()


def test_a_missing_package_is_told_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "vizdoom", None)
    with pytest.raises(MissingExtraError, match=r'pip install "rltransfer\[vizdoom\]"'):
        VIZDOOM.make(VIZDOOM.task())
