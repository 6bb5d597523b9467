"""The density ratio against closed forms and another optimiser; effective sample sizes by hand."""

import math

import pytest
import torch
from scipy.optimize import minimize

from rltransfer.transfer.mechanisms.density_ratio import (
    density_ratio,
    effective_sample_size,
    logistic_regression,
    principal_components,
)


def normal(count, *, mean, seed):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(count, len(mean), generator=draws, dtype=torch.float64) + torch.tensor(mean)


@pytest.mark.parametrize("counts", [(20_000, 20_000), (4_000, 36_000)], ids=["as-many", "unequal"])
def test_the_ratio_of_two_gaussians_is_the_one_of_their_densities(counts):
    """log N(x; m, I) - log N(x; 0, I) = m.x - |m|^2 / 2."""
    mean = torch.tensor([0.8, -0.5, 0.0], dtype=torch.float64)
    target, source = normal(counts[0], mean=mean.tolist(), seed=1), normal(counts[1], mean=[0.0, 0.0, 0.0], seed=2)
    ratio = density_ratio(target, source, generator=torch.Generator().manual_seed(3))
    points = normal(500, mean=[0.4, -0.2, 0.0], seed=4)
    exact = points @ mean - mean @ mean / 2
    assert (ratio.log_of(points) - exact).abs().mean() < 0.06
    # the best rule errs where N(0, 1) passes half the distance of the means: |m| / 2
    best = 0.5 * (1 + math.erf(mean.norm().item() / 2 / math.sqrt(2)))
    assert ratio.accuracy == pytest.approx(best, abs=0.02)
    weights = ratio.log_of(source).exp()
    assert weights.mean() == pytest.approx(1, abs=0.03)  # E_source[p_target / p_source] = 1
    # E[w]^2 / E[w^2] = exp(-|m|^2) for these two
    assert effective_sample_size(weights) / len(source) == pytest.approx(math.exp(-(mean @ mean).item()), rel=0.15)


def test_two_samples_of_one_distribution_have_ratio_one_and_lose_no_effective_rows():
    target, source = normal(2_000, mean=[0.0] * 20, seed=1), normal(2_000, mean=[0.0] * 20, seed=2)
    ratio = density_ratio(target, source, generator=torch.Generator().manual_seed(0))
    weights = ratio.log_of(source).exp()
    assert (weights - 1).abs().max() < 0.2
    assert effective_sample_size(weights) > 0.99 * len(source)
    assert ratio.accuracy == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("ridge", [1.0, 0.01])
def test_newtons_method_ends_where_another_optimiser_does(ridge):
    rows = torch.cat([normal(60, mean=[1.0, 0.0, 0.5], seed=1), normal(90, mean=[0.0, 0.0, 0.0], seed=2)])
    labels = torch.cat([torch.ones(60), torch.zeros(90)]).double()

    def objective(at):
        logits = rows.numpy() @ at[:3] + at[3]
        signs = 1 - 2 * labels.numpy()
        return float(torch.logaddexp(torch.zeros(150).double(), torch.tensor(signs * logits)).mean()) + ridge / 2 * (
            at[:3] @ at[:3]
        )

    best = minimize(objective, [0.0] * 4, method="BFGS", options={"gtol": 1e-8})
    slope, intercept = logistic_regression(rows, labels, ridge)
    assert [*slope.tolist(), intercept] == pytest.approx(best.x.tolist(), abs=1e-4)


def test_newtons_method_holds_where_the_two_can_be_told_apart_wholly():
    rows = torch.cat([torch.full((20, 1), 50.0), torch.full((20, 1), -50.0)]).double()
    slope, intercept = logistic_regression(rows, torch.cat([torch.ones(20), torch.zeros(20)]).double(), 1e-3)
    assert slope.isfinite().all()
    assert slope.item() > 0
    assert intercept == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("weights", "size"),
    [([1, 1, 1, 1], 4), ([2, 2], 2), ([1, 0, 0], 1), ([3, 1], 1.6), ([0, 0], 0)],  # 4^2 / (9 + 1)
)
def test_effective_sample_sizes(weights, size):
    assert effective_sample_size(torch.tensor(weights)) == pytest.approx(size)


def test_principal_components_are_uncorrelated_of_variance_one_and_drop_what_never_varies():
    draws = normal(3_000, mean=[5.0, 0.0, 0.0], seed=1)
    features = torch.stack([10 * draws[:, 0], draws[:, 0] + draws[:, 1], draws[:, 2], torch.ones(3_000)], dim=1)
    mean, basis = principal_components(features, 8)
    columns = (features - mean) @ basis
    torch.testing.assert_close(columns.T @ columns / 3_000, torch.eye(3).double(), rtol=0, atol=1e-6)
    assert principal_components(features, 2)[1].shape == (4, 2)
