"""What an agent meets: rewards, ends, success, delay, noise, randomisation, robots of one's own, pictures."""

import math
import re
import subprocess
import sys
from dataclasses import replace

import gymnasium
import numpy as np
import pytest

import rltransfer as rlt
import rltransfer_envs  # noqa: F401 -- registers rltransfer/Locomotion-v0
from rltransfer.errors import ArtifactError, ConfigError
from rltransfer.tasks.family import Randomization
from rltransfer_envs import offscreen
from rltransfer_envs.locomotion import scoring
from rltransfer_envs.locomotion.bodies import BODIES
from rltransfer_envs.locomotion.family import LOCOMOTION, Locomotion
from rltransfer_envs.locomotion.models import ASSETS


def made(num_envs=3, family=LOCOMOTION, render_mode=None, **point):
    env = family.task(**point).make_vec(num_envs=num_envs, render_mode=render_mode)
    env.reset(seed=[7 + k for k in range(num_envs)])
    return env


def actions(env, steps, seed=0):
    low, high = env.single_action_space.low, env.single_action_space.high
    rng = np.random.default_rng(seed)
    return rng.uniform(low, high, (steps, *env.action_space.shape)).astype(np.float32)


@pytest.mark.parametrize("robot", list(BODIES))
def test_every_copy_of_a_batch_is_upstream_bit_for_bit_through_ends(robot):
    env = made(robot=robot)
    peers = [gymnasium.make(BODIES[robot].gymnasium_id) for _ in range(3)] if robot != "half-cheetah" else []
    peers = peers or [LOCOMOTION.upstream(LOCOMOTION.task()) for _ in range(3)]
    for k, peer in enumerate(peers):
        peer.reset(seed=7 + k)
    for chosen in actions(env, 60):
        observations, rewards, terminated, truncated, infos = env.step(chosen)
        for k, peer in enumerate(peers):
            theirs, reward, ended, _, _ = peer.step(chosen[k])
            mine = infos["final_obs"][k] if ended else observations[k]
            np.testing.assert_array_equal(mine, theirs)
            assert (rewards[k], terminated[k], truncated[k]) == (reward, ended, False)
            if ended:
                np.testing.assert_array_equal(observations[k], peer.reset()[0])


def test_standing_costs_speed_either_way():
    ahead, still = made(robot="ant"), made(robot="ant", task="stand")
    for chosen in actions(ahead, 10):
        x = ahead.simulation._x.copy()
        _, run, *_ = ahead.step(chosen)
        _, stand, *_ = still.step(chosen)
        v = (ahead.simulation._x - x) / 0.05
        assert (v != 0).all()
        np.testing.assert_allclose(run - stand, v + np.abs(v), atol=1e-12)


def test_mean_velocity_is_what_the_first_joint_travelled():
    body = replace(BODIES["half-cheetah"], time_limit=40)
    env = made(family=Locomotion(bodies={"short": body}))
    start = env.simulation.qpos[:, 0].copy()
    for chosen in actions(env, 39):
        assert env.step(chosen)[4] == {}
    travelled = env.simulation.qpos[:, 0] - start
    *_, truncated, infos = env.step(np.zeros(env.action_space.shape, np.float32))
    assert truncated.all()
    told = infos["final_info"]["mean_velocity"]
    assert told.shape == (3,)
    # the last step adds little to 39 of them
    np.testing.assert_allclose(told, travelled / (40 * 0.05), atol=0.1)
    assert not infos["final_info"]["is_success"].any()


@pytest.mark.parametrize(
    ("task", "displacement", "path", "expected"),
    [
        ("forward", 20.0, 20.0, True),
        ("forward", 19.9, 30.0, False),
        ("backward", -20.0, 20.0, True),
        ("backward", 20.0, 20.0, False),
        ("faster", 39.9, 40.0, False),
        ("faster", 40.0, 40.0, True),
        ("stand", 0.0, 4.0, True),
        ("stand", 0.0, 4.1, False),
    ],
)
def test_success_over_ten_seconds_of_a_half_cheetah(task, displacement, path, expected):
    given = (np.array([number]) for number in (displacement, path, 10.0))
    assert scoring.is_success(BODIES["half-cheetah"], task, *given).tolist() == [expected]


def test_a_hopper_that_falls_has_not_succeeded():
    env = made(robot="hopper", task="stand")
    seen = 0
    for chosen in actions(env, 60):
        *_, terminated, _, infos = env.step(chosen)
        if terminated.any():
            seen += terminated.sum()
            assert not infos["final_info"]["is_success"].any()
    assert seen >= 3


@pytest.mark.parametrize("delay", [1, 3])
def test_a_delayed_action_moves_what_it_would_have_moved_later(delay):
    late, usual = made(robot="walker2d", environment={"action_delay": delay}), made(robot="walker2d")
    given = actions(late, 8)
    shifted = np.concatenate([np.zeros((delay, *given.shape[1:]), np.float32), given])
    for chosen, effective in zip(given, shifted, strict=False):
        delayed, costly, *_ = late.step(chosen)
        prompt, cheap, *_ = usual.step(effective)
        np.testing.assert_array_equal(delayed, prompt)
        paid = 1e-3 * ((effective**2).sum(axis=1) - (chosen**2).sum(axis=1))  # what was chosen is paid for
        np.testing.assert_allclose(costly - cheap, paid, atol=1e-7)


def test_sensor_noise_has_the_deviation_asked_for_and_moves_nothing():
    noisy, clear = made(64, environment={"noise": 0.2}), made(64)
    errors = []
    for chosen in actions(noisy, 20):
        (seen, reward, *_), (true, same, *_) = noisy.step(chosen), clear.step(chosen)
        np.testing.assert_array_equal(reward, same)
        errors.append(seen - true)
    assert np.std(errors) == pytest.approx(0.2, rel=0.02)
    assert abs(np.mean(errors)) < 0.01


def test_randomised_copies_equal_fixed_ones_of_the_environments_they_drew():
    names = ("gravity", "limb_length", "action_delay", "noise")
    task = LOCOMOTION.task(robot="hopper", randomization=Randomization(factors=names, split="full"))
    env = task.make_vec(num_envs=3)
    env.reset(seed=3)
    drawn = [dict(variation) for variation in env.variations]
    fixed = [LOCOMOTION.task(robot="hopper", environment=each).make_vec(num_envs=1) for each in drawn]
    first = [one.reset(seed=3 + k)[0][0] for k, one in enumerate(fixed)]
    np.testing.assert_array_equal(env.reset(seed=3)[0], first)
    has_ended = np.zeros(3, bool)
    for chosen in actions(env, 150):
        observations, rewards, terminated, *_ = env.step(chosen)
        for k, one in enumerate(fixed):
            if not has_ended[k]:
                seen, reward, *_ = one.step(chosen[k : k + 1])
                assert rewards[k] == reward[0]
                assert terminated[k] or (observations[k] == seen[0]).all()
        has_ended |= terminated
    assert has_ended.all()
    assert all(dict(now) != then for now, then in zip(env.variations, drawn, strict=True))


def test_randomised_copies_are_put_back_with_their_environments():
    task = LOCOMOTION.task(robot="hopper", randomization=Randomization(factors=("gravity", "torso_length")))
    env, other = task.make_vec(num_envs=2), task.make_vec(num_envs=2)
    env.reset(seed=1)
    other.reset(seed=9)
    other.set_state(env.get_state())
    for chosen in actions(env, 60):
        for mine, theirs in zip(env.step(chosen)[:4], other.step(chosen)[:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)
    assert env.variations == other.variations


def spider_of(tmp_path):
    """The ant with its shins a quarter longer, as a user would write it."""
    path = tmp_path / "spider.xml"
    text = (ASSETS / "ant.xml").read_text()
    for x, y in (("0.4", "0.4"), ("-0.4", "0.4"), ("-0.4", "-0.4"), ("0.4", "-0.4")):
        text = text.replace(f"0.0 0.0 0.0 {x} {y} 0.0", f"0.0 0.0 0.0 {1.25 * float(x)} {1.25 * float(y)} 0.0")
    path.write_text(text)
    return path


def test_a_model_of_ones_own_takes_the_place_of_a_robot(tmp_path):
    spider = replace(BODIES["ant"], xml_file=str(spider_of(tmp_path)), summary="long shins", healthy_z_range=(0.3, 1.2))
    family = Locomotion(name="spiders", bodies={"ant": BODIES["ant"], "spider": spider})
    env, peer = made(1, family=family, robot="spider"), family.upstream(family.task(robot="spider"))
    assert env.simulation.settings[0].model.geom("left_ankle_geom").size[1] == pytest.approx(1.25 * 0.2 * math.sqrt(2))
    peer.reset(seed=7)
    for chosen in actions(env, 60):
        mine, reward, *_, infos = env.step(chosen)
        theirs, same, has_ended, *_ = peer.step(chosen[0])
        np.testing.assert_array_equal(infos["final_obs"][0] if has_ended else mine[0], theirs)
        assert reward[0] == same
        if has_ended:
            peer.reset()
    assert made(1, family=family, robot="spider", environment={"limb_length": 1.2}).simulation is not None


def test_a_robot_in_a_file_is_the_body_in_python(tmp_path, monkeypatch):
    file = spider_of(tmp_path)
    family = Locomotion(bodies={"spider": replace(BODIES["ant"], xml_file=str(file))})
    point = {"task": "backward", "environment": {"gravity": 0.8, "limb_length": 1.1}}
    monkeypatch.chdir(tmp_path)
    env, peer = made(2, robot="ant:spider.xml", **point), made(2, family=family, **point)
    plain = made(2, robot="ant", **point)
    for chosen in actions(env, 30):
        for mine, theirs in zip(env.step(chosen)[:4], peer.step(chosen)[:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)
        plain.step(chosen)
    assert np.abs(env.simulation.qpos - plain.simulation.qpos).max() > 1e-3  # its own shins


def test_an_agent_of_a_robot_in_a_file_loads_again_until_the_file_is_gone(tmp_path, monkeypatch):
    file = spider_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    env = rlt.make_env("locomotion", robot="ant:spider.xml", randomize=["gravity"])
    rlt.save(rlt.make_agent("ppo", env, n_steps=8, batch_size=8, device="cpu"), tmp_path / "agent")
    monkeypatch.chdir("/")
    assert rlt.load_agent(tmp_path / "agent").trained_on.robot == f"ant:{file}"
    file.unlink()
    with pytest.raises(ArtifactError, match=f"there is no MuJoCo model '{file}'") as refused:
        rlt.load_agent(tmp_path / "agent")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "other"), [("ant", "hopper"), ("hopper", "ant"), ("swimmer", "walker2d"), ("humanoid", "swimmer")]
)
def test_a_model_of_another_kind_is_refused_when_the_task_is_made(kind, other):
    wrong = replace(BODIES[kind], xml_file=str(ASSETS / BODIES[other].xml_file))
    for family, robot in ((Locomotion(bodies={"wrong": wrong}), "wrong"), (LOCOMOTION, f"{kind}:{wrong.xml_file}")):
        with pytest.raises(ConfigError, match=f"in {wrong.gymnasium_id} they begin with") as refused:
            family.task(robot=robot)
        assert "\n" not in str(refused.value)


def test_another_number_of_motors_is_accepted_and_a_motor_without_bounds_is_not(tmp_path):
    path = tmp_path / "lame.xml"
    text = (ASSETS / "ant.xml").read_text()
    path.write_text(re.sub(r"<motor[^>]*/>", "", text, count=1))
    assert made(1, robot=f"ant:{path}").single_action_space.shape == (7,)
    path.write_text(text.replace('ctrllimited="true"', 'ctrllimited="false"').replace('ctrlrange="-1.0 1.0"', ""))
    with pytest.raises(ConfigError, match=r"a motor has no bounds\. Give it motors with a ctrlrange"):
        LOCOMOTION.task(robot=f"ant:{path}")


def test_a_model_of_ones_own_needs_no_python(tmp_path):
    env = rlt.make_env({"id": "Ant-v5", "kwargs": {"xml_file": str(spider_of(tmp_path))}}, num_envs=2)
    assert env.reset().shape == (2, 105)
    env.close()


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "there is no MuJoCo model"), ("<mujoco>", "MuJoCo cannot read"), ("<mujoco><x/></mujoco>", "cannot read")],
)
def test_a_model_that_does_not_hold_is_refused_in_a_line(tmp_path, text, message):
    path = tmp_path / "broken.xml"
    if text is not None:
        path.write_text(text)
    family = Locomotion(bodies={"broken": replace(BODIES["ant"], xml_file=str(path))})
    with pytest.raises(ConfigError, match=message) as refused:
        family.task().make_vec(num_envs=1)
    assert "\n" not in str(refused.value)


def test_a_changed_model_file_is_read_again(tmp_path):
    path = tmp_path / "hopper.xml"
    path.write_text((ASSETS / "hopper.xml").read_text())
    family = Locomotion(bodies={"mine": replace(BODIES["hopper"], xml_file=str(path))})
    before = made(1, family=family).simulation.settings[0].model.actuator_gear[0, 0]
    path.write_text((ASSETS / "hopper.xml").read_text().replace('gear="200.0"', 'gear="150.0"'))
    assert (before, made(1, family=family).simulation.settings[0].model.actuator_gear[0, 0]) == (200, 150)


def test_pictures_follow_the_robot_and_show_its_slope():
    pictures = {}
    for slope in (0.0, 8.0):
        env = made(1, robot="hopper", environment={"slope": slope}, render_mode="rgb_array")
        env.simulation.qpos[:] = [0.0, 1.25, 0.0, 0.0, 0.0, 0.0]
        here = env.render()[0]
        env.simulation.qpos[0, 0] = 2.0  # two tiles on, the floor looks the same
        np.testing.assert_array_equal(env.render()[0], here)
        env.simulation.qpos[0, 0] = 2.5
        assert (env.render()[0] != here).any()
        pictures[slope] = here.astype(int)
    skin = pictures[0.0][..., 0] - pictures[0.0][..., 2] > 60
    rows, columns = np.nonzero(skin)
    # from the foot's capsule, 0.1 m up and 0.06 m thick, to the torso's, 1.45 m and 0.05 m, less two outlines;
    # 384 pixels are 3.2 m
    high = 1.35 * math.cos(math.radians(12)) + 0.11 - 2 * 0.004 * 3.2
    assert np.ptp(rows) + 1 == pytest.approx(high * 384 / 3.2, abs=2)
    assert abs(columns[rows < rows.min() + 20].mean() - 192) < 2  # the upright torso is in the middle
    sky = (pictures[8.0] == [214, 229, 240]).all(axis=2)
    assert sky[:, 5].sum() > sky[:, -5].sum() + 20  # uphill to the right


def test_mujocos_renderer_is_refused_in_a_line_where_there_is_no_opengl(monkeypatch):
    monkeypatch.setattr(offscreen, "BACKENDS", ("nowhere",))
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    with pytest.raises(offscreen.OpenGLError, match=r"needs OpenGL.*use render_mode='rgb_array'") as refused:
        LOCOMOTION.task().make_vec(num_envs=1, render_mode="mujoco")
    assert "\n" not in str(refused.value)


def test_mujocos_renderer_draws_each_copy_and_stable_baselines3_gets_its_frames():
    try:
        env = rlt.make_env("locomotion", robot="ant", num_envs=2, seed=0, render_mode="mujoco")
    except offscreen.OpenGLError as error:
        pytest.skip(str(error))
    env.reset()
    frames = env.get_images()
    assert [frame.shape for frame in frames] == [(384, 384, 3)] * 2
    assert frames[0].std() > 20
    assert (frames[0] != frames[1]).any()  # two starts
    assert env.render().size == 2 * frames[0].size
    env.vector_env.simulation.qpos[:, 2] += 5.0  # metres up, with its camera, away from the ground
    assert (env.get_images()[0] != frames[0]).mean() > 0.2
    env.close()


def test_ppo_learns_on_float64_vectors():
    env = rlt.make_env("locomotion", num_envs=4, seed=0)
    model = rlt.make_agent("ppo", env, n_steps=16, batch_size=32, n_epochs=1, device="cpu")
    before = [p.detach().clone() for p in model.policy.parameters()]
    model.learn(64)
    assert env.observation_space.dtype == np.float64
    assert any((p != q).any() for p, q in zip(before, model.policy.parameters(), strict=True))


def test_gymnasium_makes_it_by_its_id():
    env = gymnasium.make_vec("rltransfer/Locomotion-v0", num_envs=2, robot="swimmer", environment={"slope": 1.0})
    assert env.observation_space.shape == (2, 8)


def test_the_family_imports_no_simulator():
    code = (
        "import sys, rltransfer_envs.locomotion.family as f; f.LOCOMOTION.task(environment={'gravity': 1.1}); "
        "print([m for m in ('numpy', 'numba', 'gymnasium', 'mujoco', 'torch') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
