"""A family small enough to reason about, which can be told to break one promise at a time."""

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rltransfer.tasks import Factor, Family

FACTORS = {
    factor.name: factor
    for factor in (
        Factor(name="tint", kind="appearance", default=0.0, low=0.0, high=1.0, description="added to what is seen"),
        Factor(name="pace", kind="dynamics", default=1, low=1, high=4, description="steps of the count"),
        Factor(name="start", kind="layout", default="low", choices=("low", "high"), description="where it starts"),
    )
}


class CountingVectorEnv(VectorEnv):
    """Each copy counts up by its pace, or not, by its action; noise is drawn from its own stream.

    ## Description
    ## Action Space
    ## Observation Space
    ## Rewards
    ## Starting State
    ## Episode End
    ## Arguments
    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | tint | appearance | 0 | 0 to 1 | added to what is seen |
    | pace | dynamics | 1 | 1 to 4 | steps of the count |
    | start | layout | low | low, high | where it starts |

    ## Version History
    """

    def __init__(self, num_envs, factors, fault, render_mode):
        mode = AutoresetMode.NEXT_STEP if fault == "next-step" else AutoresetMode.SAME_STEP
        self.metadata = {"render_modes": ["rgb_array"], "autoreset_mode": mode}
        self.num_envs, self.factors, self.fault, self.render_mode = num_envs, factors, fault, render_mode
        self.single_observation_space = spaces.Box(-1e6, 1e6, (2,), np.float32)
        self.single_action_space = spaces.Discrete(2)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.count, self.noise, self.steps, self.limits = (np.zeros(num_envs) for _ in range(4))
        self.streams = [np.random.default_rng(0) for _ in range(num_envs)]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=None)
        seeds = [None] * self.num_envs if seed is None else seed
        seeds = [seed + k for k in range(self.num_envs)] if isinstance(seed, int) else seeds
        for k in range(self.num_envs):
            if seeds[k] is not None:
                is_shared = self.fault == "batch" or (self.fault == "batch-where-noisy" and self.factors["noise"])
                entropy = [seeds[k], self.num_envs] if is_shared else seeds[k]
                self.streams[k] = np.random.default_rng(None if self.fault == "seed" else entropy)
            self._begin(k)
        return self._seen(), {}

    def _begin(self, k):
        self.count[k] = 100.0 if self.factors["start"] == "high" and self.fault != "idle-factor" else 0.0
        self.noise[k] = self.streams[k].random()
        self.limits[k] = 10 + (0 if self.fault == "untold-limit" else self.streams[k].integers(8))
        self.steps[k] = 0

    def _seen(self):
        tint = 0.0 if self.fault == "idle-tint" else self.factors["tint"]
        if self.fault == "pace-paints":
            tint += self.factors["pace"]
        return np.stack([self.count + tint, self.noise], axis=1).astype(np.float32)

    def step(self, actions):
        pace = 1 if self.fault == "pace-paints" else self.factors["pace"]
        self.count = self.count + np.asarray(actions) * pace
        if self.fault == "tint-moves":  # neither rewards nor ends tell
            self.count = self.count + self.factors["tint"]
        self.noise = np.array([stream.random() for stream in self.streams])
        self.steps += 1
        rewards = self.noise + (self.factors["tint"] if self.fault == "tint-pays" else 0.0)
        truncated = self.steps >= self.limits
        infos = {}
        seen = self._seen()
        if truncated.any():
            final = np.full(self.num_envs, None, dtype=object)
            for k in np.flatnonzero(truncated):
                self._begin(k)
                final[k] = self._seen()[k] if self.fault == "final" else seen[k]
            success = np.full(self.num_envs, self.fault == "success") | truncated
            told = {} if self.fault == "no-success" else {"is_success": success, "_is_success": truncated}
            infos = {"final_obs": final, "_final_obs": truncated, "final_info": told, "_final_info": truncated}
        if self.fault == "black":
            for k in np.flatnonzero(truncated):
                infos["final_obs"][k][:] = -1e5
        terminated = truncated if self.fault == "one-flag" else np.zeros(self.num_envs, np.bool_)
        if self.fault == "untold-limit":
            terminated, truncated = truncated, terminated
        return self._seen(), rewards, terminated, truncated, infos

    def render(self):
        shade = np.uint8(7) if self.fault == "still" else None
        return tuple(np.full((8, 8, 3), int(noise * 250) if shade is None else shade, np.uint8) for noise in self.noise)

    def get_state(self):
        streams = [stream.bit_generator.state for stream in self.streams]
        state = {name: getattr(self, name).copy() for name in ("count", "noise", "steps", "limits")}
        return state if self.fault == "state" else {**state, "streams": streams}

    def set_state(self, state):
        for name in ("count", "noise", "steps", "limits"):
            setattr(self, name, state[name].copy())
        for stream, kept in zip(self.streams, state.get("streams", []), strict=False):
            stream.bit_generator.state = kept


class Counting(Family):
    """Counts."""

    name = "counting"
    summary = "counts"
    robots = {"finger": "presses a button"}  # noqa: RUF012
    tasks = {"count": "wait for the end"}  # noqa: RUF012
    factors = FACTORS
    described_in = "tests.tasks.counting_family:CountingVectorEnv"

    def __init__(self, fault=None):
        self.fault = fault

    def make_vec(self, task, *, num_envs, render_mode=None):
        return CountingVectorEnv(num_envs, task.environment.full(), self.fault, render_mode)
