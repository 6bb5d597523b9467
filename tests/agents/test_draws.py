"""A method's own random numbers: repeatable, apart from each other, and from everybody else's."""

import numpy as np
import torch

from rltransfer.agents.draws import drawing_apart, generator_for


def test_draws_go_by_seed_and_purpose_and_leave_the_process_alone(tiny):
    models = {seed: tiny("ppo", seed=seed) for seed in (0, 1)}
    before = torch.get_rng_state()
    draws = [
        torch.rand(4, generator=generator_for(model, purpose)).tolist()
        for model in models.values()
        for purpose in ("shifts", "frames")
    ]
    assert len({tuple(values) for values in draws}) == 4
    assert torch.rand(4, generator=generator_for(models[0], "shifts")).tolist() == draws[0]
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_drawn_apart_leaves_the_process_alone_and_can_be_repeated(tiny):
    model = tiny("ppo")
    before, drawn = (torch.get_rng_state(), np.random.get_state()[1].copy()), []  # noqa: NPY002
    for purpose in ("layers", "layers", "play"):
        with drawing_apart(model, purpose):
            drawn.append((torch.rand(1).item(), np.random.rand()))  # noqa: NPY002
    assert drawn[0] == drawn[1]
    assert drawn[0][0] != drawn[2][0]
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
