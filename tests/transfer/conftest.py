"""Pairs of a target learner and a source agent."""

import pytest
import torch

from rltransfer.agents.anatomy import follow


@pytest.fixture
def pair(tiny):
    """(model, source): a fresh target learner and another agent, none of whose weights agree."""

    def make(algorithm="ppo", *, source_algorithm=None, robots=("omni", "omni"), trunk=None, **changes):
        source = tiny(source_algorithm or algorithm, robot=robots[0], trunk=trunk, seed=7)
        model = tiny(algorithm, robot=robots[1], trunk=trunk, seed=0, **changes)
        follow(model)  # as a learner that has not begun; the source's target network lags behind, as a trained one's
        return model, source

    return make


@pytest.fixture
def undecided(frames):
    """Shifts a model's preferences so that it takes different actions in different frames."""

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
