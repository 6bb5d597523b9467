"""Pairs of a target learner and a source agent."""

import pytest

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
