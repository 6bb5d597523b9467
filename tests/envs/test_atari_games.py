"""Atari: each game as ale-py has it, in every flavour."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ale_py")
import ale_py
from ale_py import roms
from ale_py.env import AtariEnv

from rltransfer.errors import ConfigError, MissingExtraError
from rltransfer.tasks.family import Randomization
from rltransfer_envs.atari import copy_of_game
from rltransfer_envs.atari.copy_of_game import CopyOfGame
from rltransfer_envs.atari.family import ATARI
from rltransfer_envs.atari.games import ACTIONS, GAMES
from rltransfer_envs.atari.held_action import HeldAction
from rltransfer_envs.atari.settings import Settings
from rltransfer_envs.scoring import play, random_policy


def shares(size_in: int) -> np.ndarray:
    """(84, size_in): the part of each frame pixel that each screen pixel covers."""
    edges = np.arange(85) * (size_in / 84)
    pixel = np.arange(size_in)
    shared = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.clip(shared, 0, None) * 84 / size_in


def one_copy(**settings: Any) -> tuple[CopyOfGame, np.ndarray]:
    stack = np.zeros((84, 84, 4), np.uint8)
    return CopyOfGame(Settings(**settings), stack), stack


@pytest.mark.parametrize("game", GAMES)
def test_the_table_of_games_is_what_ale_py_has(game: str) -> None:
    ale = ale_py.ALEInterface()
    ale.loadROM(roms.get_rom_path(GAMES[game].rom))
    assert GAMES[game].modes == tuple(ale.getAvailableModes())
    assert GAMES[game].difficulties == tuple(ale.getAvailableDifficulties())
    assert GAMES[game].minimal == tuple(action.value for action in ale.getMinimalActionSet())
    assert ale.getScreenDims() == copy_of_game.SCREEN
    state = ale.cloneState()
    assert (state.getCurrentMode(), state.getDifficulty()) == (0, 0), "what the defaults stand for"


def test_actions_are_named_in_their_order() -> None:
    assert [ale_py.Action(k).name for k in range(18)] == list(ACTIONS)
    assert ATARI.action_meanings("joystick") == ACTIONS
    assert ATARI.spaces(ATARI.task(robot="minimal", task="freeway"))[1].n == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("game", "environment"),
    [
        ("pong", {}),
        ("freeway", {"mode": 1, "difficulty": 1}),
        ("breakout", {"mode": 12, "sticky": 0.6}),
        ("space-invaders", {"mode": 9, "sticky": 0.0, "frame_skip": 2}),
        ("alien", {"difficulty": 3, "frame_skip": 1}),
    ],
)
def test_a_game_is_gymnasiums_with_the_preprocessing_written_out(game: str, environment: dict[str, Any]) -> None:
    """Against ale-py's single environment, one screen at a time: the maximum of two screens, averaged over areas."""
    skip = environment.get("frame_skip", 4)
    theirs = AtariEnv(
        game=GAMES[game].rom,
        mode=environment.get("mode"),
        difficulty=environment.get("difficulty"),
        obs_type="grayscale",
        frameskip=1,
        repeat_action_probability=environment.get("sticky", 0.25),
        full_action_space=True,
    )
    theirs.ale.setInt("random_seed", 17)  # its own reset would mix the seed first
    theirs.load_game()
    theirs.ale.reset_game()
    ours = ATARI.make(ATARI.task(task=game, environment=environment))
    ours.reset(seed=17)
    rng, rewarded = np.random.default_rng(0), 0.0
    for _ in range(120):
        action = int(rng.integers(18))
        screens, reward = [], 0.0
        for _ in range(skip):
            screen, points, over, _, _ = theirs.step(action)
            screens.append(screen)
            reward += float(points)
        observation, our_reward, our_over, _, _ = ours.step(action)
        assert (reward, over) == (our_reward, our_over)
        exact = shares(210) @ np.max(screens[-2:], axis=0) @ shares(160).T
        assert np.abs(observation[..., 3] - exact).max() <= 0.501
        rewarded += abs(reward)
    assert game != "pong" or rewarded > 0, "no reward was compared"


def test_a_flavour_that_the_game_lacks_is_refused_in_one_line() -> None:
    with pytest.raises(
        ConfigError, match=r"^task 'breakout': factor 'mode' has no value 3\. Choose one of: 0, 4, 8, .*, 44$"
    ):
        ATARI.task(task="breakout", environment={"mode": 3})
    with pytest.raises(ConfigError, match=r"^task 'asterix': factor 'difficulty' has no value 1\. Choose one of: 0$"):
        ATARI.task(task="asterix", environment={"difficulty": 1})
    with pytest.raises(ConfigError, match=r"'asterix': factor 'mode' has no value 12"):
        ATARI.task(task="breakout", environment={"mode": 12}).changed(task="asterix")
    with pytest.raises(ConfigError, match="Did you mean 'breakout'"):
        ATARI.task(task="break-out")


def test_randomised_flavours_are_those_of_the_game() -> None:
    task = ATARI.task(task="breakout", randomization=Randomization(factors=("mode", "difficulty"), split="full"))
    env = task.make_vec(num_envs=6)
    env.reset(seed=0)
    drawn = [dict(variation) for variation in env.unwrapped.variations]  # type: ignore[attr-defined]
    env.close()
    modes = {values.get("mode", 0) for values in drawn}
    assert modes <= set(GAMES["breakout"].modes)
    assert len(modes) > 2


def test_success_is_a_win_or_half_of_a_human(monkeypatch: pytest.MonkeyPatch) -> None:
    assert GAMES["pong"].success_return == GAMES["boxing"].success_return == 1
    assert GAMES["breakout"].success_return == pytest.approx(16.75)  # (1.7 + 31.8) / 2
    assert GAMES["freeway"].success_return == pytest.approx(14.8)
    monkeypatch.setattr(copy_of_game, "LONGEST_EPISODE", 8)
    game, _ = one_copy(game="breakout")
    for earlier, expected in ((16.0, False), (17.0, True)):
        game.reset(0)
        assert game.step(0) == (0.0, False, False)
        game.episode_return = earlier
        assert game.step(0) == (0.0, False, True), "cut after 8 screens"
        assert game.is_success is expected


@pytest.mark.parametrize("sticky", [0.25, 0.9])
def test_a_state_goes_on_in_a_console_never_switched_on(sticky: float) -> None:
    """Also where the console holds an action of long ago, which ALE's own states leave out."""
    game, stack = one_copy(game="boxing", difficulty=1, sticky=sticky)
    game.reset(4)
    rng = np.random.default_rng(0)
    for num in (0, 7, 30):
        for _ in range(num):
            game.step(int(rng.integers(18)))
        state = game.get_state()
        other, other_stack = one_copy(game="boxing", difficulty=1, sticky=sticky)
        other.set_state(state)
        for action in rng.integers(18, size=20):
            assert game.step(int(action)) == other.step(int(action))
            assert np.array_equal(stack, other_stack)
    assert all(isinstance(value, np.ndarray | int | float) for value in state.values())


def test_the_held_action_is_the_last_that_was_taken() -> None:
    """With the numbers drawn by hand from ALE's generator, which a seed starts as numpy's RandomState."""
    ale = ale_py.ALEInterface()
    ale.setInt("random_seed", 7)
    ale.loadROM(roms.get_rom_path("pong"))
    ale.reset_game()
    held = HeldAction(sticky=0.75, frame_skip=2)
    held.begin(ale.cloneState(include_rng=True).serialize(), 0)
    numbers = np.random.RandomState(7).randint(2**32, size=40, dtype=np.uint32)[::2] / 2**32
    expected = 0
    for screen, number in enumerate(numbers):
        if screen % 2 == 0:
            held.ask(100 + screen // 2)
        expected = 100 + screen // 2 if number >= 0.75 else expected
        assert held.now(screen + 1) == expected
    assert held.now(0) == 0
    assert 0.75 ** held.screens_to_hold() <= 1e-15


@pytest.mark.parametrize(("sticky", "frame_skip"), [(0.25, 4), (0.0, 1), (0.6, 5)])
def test_frames_rewards_and_ends_are_bit_for_bit_ale_pys(sticky: float, frame_skip: int) -> None:
    environment = {"sticky": sticky, "frame_skip": frame_skip}
    task = ATARI.task(robot="minimal", task="breakout", environment=environment)
    ours, theirs = ATARI.make(task), ATARI.upstream(task)
    assert theirs is not None
    rng = np.random.default_rng(1)
    assert np.array_equal(ours.reset(seed=12)[0], theirs.reset(seed=12)[0])
    ends = 0
    for _ in range(1000 // frame_skip):
        action = int(rng.integers(4))
        (mine, *my_rest), (its, *its_rest) = ours.step(action), theirs.step(action)
        assert np.array_equal(mine, its)
        assert my_rest[:3] == its_rest[:3]
        if my_rest[1]:
            ends += 1
            assert np.array_equal(ours.reset()[0], theirs.reset()[0])
    assert ends or frame_skip == 1
    theirs.close()


def test_what_is_missing_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("ALE_ROMS_DIR", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"^the ROM of 'pong' cannot be read .* --force-reinstall ale-py$"):
        one_copy(game="pong")
    monkeypatch.setitem(sys.modules, "ale_py", None)
    with pytest.raises(MissingExtraError, match=r'pip install "rltransfer\[atari\]"$'):
        ATARI.make_vec(ATARI.task(), num_envs=1)


def test_the_declaration_imports_no_simulator() -> None:
    code = (
        "import sys; from rltransfer_envs.atari.family import ATARI; ATARI.task(environment={'mode': 1});"
        "print([name for name in ('ale_py', 'gymnasium', 'numba', 'torch', 'numpy') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_scale_of_returns_is_measured_for_random_play_and_cited_for_humans() -> None:
    assert set(ATARI.reference_scores) == set(itertools.product(ATARI.robots, ATARI.tasks))
    for (robot, game), score in ATARI.reference_scores.items():
        assert ATARI.reference_score(ATARI.task(robot=robot, task=game)) is score
        assert score.expert == GAMES[game].human > score.random
        assert "rltransfer_envs.atari.score --episodes 20" in score.source
        assert "Mnih et al. 2015" in score.source
    for environment in ({"mode": 1}, {"difficulty": 1}, {"sticky": 0.0}, {"frame_skip": 5}):
        assert ATARI.reference_score(ATARI.task(environment=environment)) is None
    assert ATARI.reference_score(ATARI.task(environment={"invert": True, "noise": 9.0})) is not None


@pytest.mark.slow
def test_random_scores_hold() -> None:
    """In the shortest games, with other seeds: within four standard errors of the two means."""
    for robot, game in (("minimal", "breakout"), ("joystick", "asterix")):
        env = ATARI.make_vec(ATARI.task(robot=robot, task=game), num_envs=20)
        env.action_space.seed(1)
        returns, _, _ = play(env, random_policy, episodes=20, seed=10_000)
        error = returns.std() * np.sqrt(2 / len(returns))
        assert abs(returns.mean() - ATARI.reference_scores[robot, game].random) < 4 * error + 0.5
        env.close()
