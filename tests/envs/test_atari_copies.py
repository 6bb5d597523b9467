"""Atari: many copies, in one process or in several."""

from __future__ import annotations

import multiprocessing
import os
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ale_py")
from rltransfer.errors import ConfigError
from rltransfer_envs.atari import workers
from rltransfer_envs.atari.settings import Settings
from rltransfer_envs.atari.vector_env import AtariGames

forks = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes are forked")


def played(env: AtariGames, steps: int, seed: int = 0) -> list[Any]:
    rng = np.random.default_rng(seed)
    return [env.step(rng.integers(18, size=env.num_envs))[:4] for _ in range(steps)]


def same(one: list[Any], other: list[Any]) -> bool:
    return all(
        np.array_equal(mine, theirs)
        for step, its in zip(one, other, strict=True)
        for mine, theirs in zip(step, its, strict=True)
    )


@forks
def test_processes_change_nothing_and_states_go_from_one_to_another() -> None:
    settings = Settings(game="assault")
    alone = AtariGames(settings, num_envs=5, processes=1)
    shared = AtariGames(settings, num_envs=5, processes=3, render_mode="rgb_array")
    first, infos = alone.reset(seed=3)
    other_first, other_infos = shared.reset(seed=3)
    assert np.array_equal(first, other_first)
    assert infos["lives"].tolist() == other_infos["lives"].tolist() == [4] * 5
    assert same(played(alone, 30), played(shared, 30))
    state = shared.get_state()
    future = played(shared, 20, seed=1)
    alone.reset(seed=9)
    alone.set_state(state)
    assert same(future, played(alone, 20, seed=1))
    assert [frame.shape for frame in shared.render() or ()] == [(210, 370, 3)] * 5
    processes = list(shared._copies._processes)  # type: ignore[union-attr]
    assert all(process.is_alive() for process in processes)
    shared.close()
    assert not any(process.is_alive() for process in processes)


@forks
def test_a_process_that_dies_is_an_error_not_a_wait() -> None:
    env = AtariGames(Settings(game="pong"), num_envs=2, processes=2)
    env.reset(seed=0)
    process = env._copies._processes[0]  # type: ignore[union-attr]
    process.kill()
    process.join()
    with pytest.raises(RuntimeError, match="ended during 'step'"):
        env.step(np.zeros(2, np.int64))
    env.close()


def test_processes_are_as_many_as_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["fork", "spawn"])
    assert [workers.num_processes(num) for num in (1, 7, 8, 12, 64)] == [1, 1, 2, 3, 4]
    monkeypatch.setattr(multiprocessing, "current_process", lambda: SimpleNamespace(daemon=True))
    assert workers.num_processes(64) == 1, "a trial's own process may start none"


def test_only_the_chosen_copies_begin_again_and_an_unplayed_episode_stays() -> None:
    env = AtariGames(Settings(game="pong", sticky=0.0), num_envs=2)
    first, _ = env.reset(seed=[5, 6])  # type: ignore[arg-type]
    assert np.array_equal(env.reset()[0], first), "no step was played"
    played(env, 30)
    observations, _ = env.reset(options={"reset_mask": np.array([True, False])})
    assert (observations[0, ..., :3] == 0).all(), "frames before the episode are black"
    assert observations[1, ..., 0].any()
    again, _ = env.reset(seed=[5, 6 + 2**31])  # type: ignore[arg-type]
    assert np.array_equal(again, first), "ALE reads 31 bits of a seed"


def test_what_cannot_be_played_is_refused() -> None:
    env = AtariGames(Settings(game="pong"), num_envs=2)
    env.reset(seed=0)
    for actions in ([0, 18], [-1, 0], [0]):
        with pytest.raises(ConfigError, match="2 whole numbers from 0 to 17"):
            env.step(np.array(actions))
    with pytest.raises(ConfigError, match="3 seeds were given for 2 copies"):
        env.reset(seed=[1, 2, 3])  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="render 'rgb_array' only"):
        AtariGames(Settings(game="pong"), num_envs=1, render_mode="human")
