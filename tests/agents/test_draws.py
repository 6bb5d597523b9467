"""A method's own random numbers: repeatable, apart from each other, and from everybody else's."""

import torch

from rltransfer.agents.draws import generator_for


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
