"""How far apart two policies are, against torch.distributions and sums written out."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch.distributions import Categorical, Independent, Normal, kl_divergence

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.mechanisms.policies_compared import (
    Choice,
    Gaussian,
    Point,
    acting_part,
    behaviour,
    disagreement,
    divergence,
    in_reach,
    likeliest,
    margin_violated,
    squared_values,
    surprise,
)

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]


def draw(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def gaussian(seed, *, squashed=False):
    return Gaussian(mean=draw(7, 3, seed=seed), log_std=0.5 * draw(7, 3, seed=seed + 1), squashed=squashed)


def test_the_divergence_of_choices_is_that_of_categorical_distributions():
    teacher, student = (
        Choice(preferences=draw(7, 4), valued=False),
        Choice(preferences=draw(7, 4, seed=1), valued=False),
    )
    expected = kl_divergence(Categorical(logits=teacher.preferences), Categorical(logits=student.preferences)).mean()
    torch.testing.assert_close(divergence(teacher, student, temperature=0.01), expected)
    assert divergence(teacher, teacher, temperature=0.01) == 0


@pytest.mark.parametrize("temperature", [0.01, 0.5, 1.0])
@pytest.mark.parametrize("valued", [(True, False), (False, True), (True, True)], ids=str)
def test_values_are_logits_at_a_temperature_and_a_students_gradient_is_of_their_scale(temperature, valued):
    scales = [temperature if choice else 1.0 for choice in valued]  # torch's own is infinite where a chance rounds to 0
    teacher = Choice(preferences=scales[0] * draw(7, 4), valued=valued[0])
    student = Choice(preferences=(scales[1] * draw(7, 4, seed=1)).requires_grad_(), valued=valued[1])
    theirs, ours = (c.preferences / (temperature if c.valued else 1) for c in (teacher, student))
    expected = kl_divergence(Categorical(logits=theirs), Categorical(logits=ours)).mean()
    found = divergence(teacher, student, temperature=temperature)
    torch.testing.assert_close(found, expected * (temperature if valued[1] else 1))
    found.backward()
    torch.testing.assert_close(
        student.preferences.grad, (ours.softmax(1) - theirs.softmax(1)).detach() / 7, rtol=1e-4, atol=1e-6
    )


def test_the_divergence_of_gaussians_is_torchs_and_squashing_both_changes_nothing():
    teacher, student = gaussian(3), gaussian(9)
    normals = [Independent(Normal(g.mean, g.log_std.exp()), 1) for g in (teacher, student)]
    torch.testing.assert_close(divergence(teacher, student, temperature=1.0), kl_divergence(*normals).mean())
    squashed = divergence(gaussian(3, squashed=True), gaussian(9, squashed=True), temperature=1.0)
    torch.testing.assert_close(squashed, kl_divergence(*normals).mean())


def test_where_there_is_no_density_the_squared_distance_of_the_likeliest_actions_stands_in():
    student = Point(action=draw(7, 3, seed=5))
    expected = ((gaussian(3).mean.tanh() - student.action) ** 2).sum(1).mean()
    torch.testing.assert_close(divergence(gaussian(3, squashed=True), student, temperature=1.0), expected)
    mixed = divergence(gaussian(3), gaussian(9, squashed=True), temperature=1.0)
    torch.testing.assert_close(mixed, ((gaussian(3).mean - gaussian(9).mean.tanh()) ** 2).sum(1).mean())


def test_surprise_is_the_negative_log_likelihood():
    student, actions = draw(7, 4), torch.tensor([0, 1, 2, 3, 0, 1, 2])
    expected = -Categorical(logits=student).log_prob(actions).mean()
    torch.testing.assert_close(surprise(Choice(preferences=student, valued=False), actions, temperature=9.0), expected)
    cold = -Categorical(logits=student / 0.1).log_prob(actions).mean() * 0.1
    torch.testing.assert_close(surprise(Choice(preferences=student, valued=True), actions, temperature=0.1), cold)
    taken = draw(7, 3, seed=2)
    expected = ((gaussian(3).mean - taken) ** 2).sum(1).mean()
    torch.testing.assert_close(surprise(gaussian(3), taken, temperature=1.0), expected)


def test_margin_and_squared_distance_by_hand():
    values = Choice(preferences=torch.tensor([[1.0, 0.5, 0.0], [1.0, 3.0, 2.9]]), valued=True)
    # first: max(1.0, 0.5 + 0.8, 0.8) - 1.0 = 0.3; second: max(1.8, 3.0, 3.7) - 3.0 = 0.7
    assert float(margin_violated(values, torch.tensor([0, 1]), margin=0.8)) == pytest.approx(0.5)
    assert float(margin_violated(values, torch.tensor([0, 1]), margin=0.0)) == 0
    zeros = Choice(preferences=torch.zeros(2, 3), valued=True)
    assert float(squared_values(values, zeros)) == pytest.approx((1.25 + 1 + 9 + 8.41) / 2)
    assert disagreement(torch.tensor([0, 2]), values) == 0.5


def test_actions_are_in_units_of_what_can_be_reached():
    box = spaces.Box(np.array([0, -4], np.float32), np.array([10, 4], np.float32))
    found = in_reach(np.array([[5, 4], [0, -2]], np.float32), box, torch.device("cpu"))
    assert found.tolist() == [[0.0, 1.0], [-1.0, -0.5]]
    free = spaces.Box(-np.inf, np.inf, (1,), np.float32)
    assert in_reach(np.array([[7.0]], np.float32), free, torch.device("cpu")).tolist() == [[7.0]]


@pytest.mark.parametrize("algorithm", ["ppo", "a2c", "trpo", "dqn", "qr_dqn", *CONTINUOUS])
def test_the_likeliest_action_of_every_algorithm_is_the_one_it_takes(algorithm, tiny, frames):
    model = tiny(algorithm, robot="hovercraft" if algorithm in CONTINUOUS else "omni")
    tensor, _ = model.policy.obs_to_tensor(frames)
    model.policy.set_training_mode(False)  # as it acts: CrossQ normalises by batches while it learns
    with torch.no_grad():
        found = likeliest(behaviour(model.policy, tensor))
    taken, _ = model.predict(frames, deterministic=True)
    torch.testing.assert_close(found, in_reach(taken, model.action_space, found.device), rtol=1e-5, atol=1e-6)


def test_a_gaussian_policys_spread_is_in_units_of_what_can_be_reached(tiny, frames):
    model = tiny("ppo", robot="hovercraft")
    with torch.no_grad():
        found = behaviour(model.policy, model.policy.obs_to_tensor(frames)[0])
    reach = torch.as_tensor((model.action_space.high - model.action_space.low) / 2)
    expected = model.policy.log_std.detach() - reach.log()
    torch.testing.assert_close(found.log_std, expected.expand(16, -1))
    assert not found.squashed


def test_a_recurrent_policy_is_refused(tiny):
    with pytest.raises(NotApplicableError, match="recurrent"):
        acting_part(tiny("recurrent_ppo").policy)
