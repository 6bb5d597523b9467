"""What tests of several folders share: tiny environments and agents, and trunks of a test's own."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

REPLAYED = {"learning_starts": 32, "batch_size": 16, "buffer_size": 1000, "gradient_steps": 1}
TINY = {
    "ppo": {"n_steps": 16, "batch_size": 32, "n_epochs": 1},
    "a2c": {"n_steps": 8},
    "trpo": {"n_steps": 16, "batch_size": 32, "n_critic_updates": 1, "cg_max_steps": 3},
    "recurrent_ppo": {"n_steps": 16, "batch_size": 32, "n_epochs": 1, "lstm_hidden_size": 8},
    "classifier": {},
    **dict.fromkeys(("dqn", "qr_dqn", "successor_dqn"), REPLAYED),
    **{name: {**REPLAYED, "net_arch": (8,)} for name in ("sac", "td3", "ddpg", "tqc", "crossq")},
}
"""Hyperparameters that update within 64 steps of four copies."""


@pytest.fixture(autouse=True)
def one_thread():
    """One torch thread, where torch is loaded at all: sums keep their order, and workers do not fight for cores."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="session")
def logs(tmp_path_factory):
    """Where Stable-Baselines3 keeps a folder for every model that learns and was given no logger."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SB3_LOGDIR", str(tmp_path_factory.mktemp("logs")))
        yield


@pytest.fixture
def real():
    """``real(path)``: ``path`` below the folder that RLTRANSFER_DATA names; a test without it is skipped."""

    def found(path):
        folder = os.environ.get("RLTRANSFER_DATA")
        if not folder or not (Path(folder) / path).exists():
            pytest.skip(f"wants {path} below RLTRANSFER_DATA")
        return Path(folder) / path

    return found


@pytest.fixture
def rover():
    """Four copies of a Rover task."""
    import rltransfer as rlt

    def make(robot="omni", *, num_envs=4, seed=1, **options):
        return rlt.make_env("rover", robot=robot, num_envs=num_envs, seed=seed, **options)

    return make


@pytest.fixture
def cartpole():
    """Four copies of CartPole: vectors, and episodes that end within a few dozen steps."""
    import rltransfer as rlt

    def make(*, num_envs=4, seed=1):
        return rlt.make_env({"id": "CartPole-v1"}, num_envs=num_envs, seed=seed)

    return make


@pytest.fixture
def small():
    """The Nature trunk with 32 features, in float32: small enough for a test, and exact."""
    from rltransfer.trunks.specs import Nature

    return Nature(features=32, precision="float32")


@pytest.fixture
def tiny(rover, small):
    """A tiny agent on the CPU; every weight and bias differs from every other agent's of another seed."""
    import torch

    import rltransfer as rlt

    def make(algorithm="ppo", env=None, *, robot="omni", trunk=None, seed=0, noise=True, **changes):
        env = rover(robot) if env is None else env
        trunk = small if trunk is None and len(env.observation_space.shape or ()) == 3 else trunk
        options = {**TINY[algorithm], **changes}
        model = rlt.make_agent(algorithm, env, trunk=trunk, seed=seed, device="cpu", **options)
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in model.policy.parameters() if noise else ():
                parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
        return model

    return make


@pytest.fixture
def frames(rover):
    """The same 16 observations of Rover, (16, 3, 64, 64) uint8, each of another world."""
    return np.array(rover(num_envs=16, seed=100).reset())


@pytest.fixture
def undecided(frames):
    """Shifts a model's preferences so that it takes different actions in different frames."""

    import torch

    def shift(model):
        tensor = torch.as_tensor(frames)
        with torch.no_grad():
            if hasattr(model, "q_net"):
                model.q_net.q_net[-1].bias -= model.q_net(tensor).mean(0)
            else:
                features = model.policy.extract_features(tensor, model.policy.features_extractor)
                model.policy.action_net.bias -= model.policy.action_net(features).mean(0)
        assert len(set(model.predict(frames, deterministic=True)[0].tolist())) > 2
        return model

    return shift


@pytest.fixture
def snapshot():
    """Independent copies of a model's parameters, by the names that reports use."""
    from rltransfer.agents.anatomy import named_parts

    def take(model):
        return {name: parameter.detach().clone() for name, parameter in named_parts(model).items()}

    return take


@pytest.fixture
def batch_normed():
    """A registered trunk with batch normalisation and dropout, which training mode would wake."""
    import math

    from torch import nn

    from rltransfer.registry import TRUNKS
    from rltransfer.trunks.layers import PixelConv2d
    from rltransfer.trunks.specs import TrunkSpec
    from rltransfer.trunks.trunk import Trunk

    class BatchNormed(TrunkSpec):
        """Two convolutions with batch normalisation, for images of 64 x 64; a layer with dropout."""

        def build(self, input_shape):
            stages = {
                "conv1": nn.Sequential(PixelConv2d(input_shape[0], 8, 8, 8), nn.BatchNorm2d(8), nn.ReLU()),
                "conv2": nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8), nn.ReLU()),
                "fc": nn.Sequential(nn.Flatten(), nn.Linear(math.prod((8, 6, 6)), 16), nn.Dropout(0.5)),
            }
            return Trunk(self, input_shape, stages)

        def stage_names(self):
            return ("conv1", "conv2", "fc")

    TRUNKS.register("batch-normed-for-tests", BatchNormed)
    yield BatchNormed
    del TRUNKS._loaded["batch-normed-for-tests"]
