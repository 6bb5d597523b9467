"""Progressive columns: the source's layers feed a fresh column, which without them learns as from scratch."""

import numpy as np
import pytest
import torch
from torch.nn import functional

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_of, trunk_sites
from rltransfer.errors import ConfigError, NotApplicableError, SpaceMismatchError
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer import Compose
from rltransfer.trunks.nested_specs import Progressive
from rltransfer.trunks.progressive import progressive_of
from rltransfer.trunks.specs import MLP, Grid, Impala, Nature


@pytest.mark.parametrize("algorithm", [*ALGORITHMS])
def test_the_sources_column_stays_and_the_fresh_one_and_its_laterals_learn(algorithm, vectors, tmp_path, snapshot):
    model, source = vectors(algorithm)
    fresh = snapshot(model)
    report = rlt.Progressive().attach(model, source)
    before, theirs = snapshot(model), named_parts(source)
    for site in trunk_sites(model):
        assert set(site.trunk.stages["columns"].laterals) == {"fc2"}
    model.learn(96)
    after, fates = named_parts(model), report.of("target")
    for name, parameter in after.items():
        head, _, inner = name.partition("columns.")
        if inner.startswith("others.0."):
            assert torch.equal(parameter, theirs[f"trunk.{inner.removeprefix('others.0.')}"])
            assert fates[name].fate == "frozen"
            continue
        assert fates[name].fate == "re-initialised"
        if inner.startswith("own."):
            was = fresh[head + inner.removeprefix("own.")]
            if "target" not in name:
                assert torch.equal(before[name], was)
        if head == "trunk.":
            assert not torch.equal(parameter, before[name]), name
    strengths = trunk_of(model).stages["columns"].laterals["fc2"].strengths
    assert report.findings["laterals"]["fc2"] == [round(s, 4) for s in strengths.tolist()]
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    seen = np.random.default_rng(0).normal(size=(16, model.observation_space.shape[0])).astype(np.float32)
    assert np.array_equal(*(agent.predict(seen, deterministic=True)[0] for agent in (model, loaded)))


def test_it_computes_the_papers_equation_for_three_columns_of_vectors():
    """Equation 2 written out: h_i = f(W_i h_{i-1} + b_i + U_i relu(V_i [a_1 h_1, a_2 h_2]))."""
    specs = [MLP(widths=widths, precision="float32") for widths in ((4, 6, 5), (3, 3, 3), (5, 4, 2))]
    trunks = [spec.build((7,)) for spec in specs]
    trunk = progressive_of(Progressive(columns=tuple(specs), strength=0.3), trunks)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in trunk.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    x = torch.randn((9, 7), generator=generator)
    w = dict(trunk.stages["columns"].named_parameters())
    layer = lambda column, stage, h: h @ w[f"{column}.{stage}.weight"].T + w[f"{column}.{stage}.bias"]  # noqa: E731
    one, two = layer("others.0", "fc1.1", x).tanh(), layer("others.1", "fc1.1", x).tanh()
    own = layer("own", "fc1.1", x).tanh()
    for stage in ("fc2", "fc3"):
        a = w[f"laterals.{stage}.strengths"]
        both = torch.cat([a[0] * one, a[1] * two], dim=1)
        extra = (both @ w[f"laterals.{stage}.project.weight"].T).relu() @ w[f"laterals.{stage}.layer.weight"].T
        own = (layer("own", f"{stage}.0", own) + extra).tanh()
        one, two = (layer(f"others.{n}", f"{stage}.0", h).tanh() for n, h in ((0, one), (1, two)))
    torch.testing.assert_close(trunk(x), own)


def test_it_computes_the_papers_equation_for_images():
    specs = [Nature(features=width, precision="float32") for width in (8, 6)]
    trunk = Progressive(columns=tuple(specs), strength=1.0, precision="float32").build((3, 36, 44))
    frames = torch.randint(0, 256, (2, 3, 36, 44), dtype=torch.uint8)
    w = {n: p.double() for n, p in trunk.stages["columns"].named_parameters()}
    one = own = frames.double() / 255
    for stage, stride in (("conv1", 4), ("conv2", 2), ("conv3", 1)):
        extra = 0
        if stage != "conv1":
            lateral = functional.conv2d(w[f"laterals.{stage}.strengths"] * one, w[f"laterals.{stage}.project.weight"])
            extra = functional.conv2d(lateral.relu(), w[f"laterals.{stage}.layer.weight"], None, stride)
        weights = (w[f"own.{stage}.0.weight"], w[f"own.{stage}.0.bias"])
        own = (functional.conv2d(own, *weights, stride) + extra).relu()
        weights = (w[f"others.0.{stage}.0.weight"], w[f"others.0.{stage}.0.bias"])
        one = functional.conv2d(one, *weights, stride).relu()
    lateral = functional.conv2d(one, w["laterals.fc.project.weight"]).relu().flatten(1)
    extra = lateral @ w["laterals.fc.layer.weight"].T
    features = (own.flatten(1) @ w["own.fc.1.weight"].T + w["own.fc.1.bias"] + extra).relu()
    torch.testing.assert_close(trunk(frames), features.float(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", [Nature, Impala, Grid])
def test_it_acts_and_learns_in_either_precision(kind, precision):
    spec = kind(features=8, precision="float32")
    trunk = Progressive(columns=(spec, spec), precision=precision).build((3, 40, 40))
    frames = torch.randint(0, 256, (2, 3, 40, 40), dtype=torch.uint8)
    trunk(frames).sum().backward()
    trunk.eval()
    with torch.no_grad():
        acting = trunk(frames)
    torch.testing.assert_close(acting, trunk(frames).detach(), rtol=0.1, atol=0.1)


def test_agents_beside_the_source_are_columns_too(tiny, pair, tmp_path):
    second = tiny("ppo", seed=11, trunk=Nature(features=16, precision="float32"))
    rlt.save(second, tmp_path)
    model, source = pair()
    report = rlt.Progressive(beside=(str(tmp_path),)).attach(model, source)
    parts = named_parts(model)
    entry = report.of("target")["trunk.columns.others.1.fc.1.weight"]
    assert (entry.fate, entry.counterpart, entry.note) == ("frozen", None, f"of {tmp_path}")
    assert torch.equal(parts["trunk.columns.others.1.fc.1.weight"], trunk_of(second).stages["fc"][1].weight)
    assert len(report.findings["laterals"]["fc"]) == 2


def test_what_does_not_fit_is_refused(tiny, pair):
    model, _ = pair()
    with pytest.raises(NotApplicableError, match="columns are of one architecture"):
        rlt.Progressive().attach(model, tiny("ppo", trunk=Impala(channels=(4,), features=32)))
    with pytest.raises(SpaceMismatchError, match="of one architecture"):
        Progressive(columns=(MLP(), MLP(widths=(4,)))).build((3,))
    with pytest.raises(ConfigError, match="finetune carries weights into the target's own trunk"):
        Compose(methods=(rlt.Progressive(), rlt.Finetune()))


def test_a_trunk_of_one_stage_which_would_leave_the_sources_unread_is_refused(tiny, cartpole):
    one = MLP(widths=(8,))
    with pytest.raises(NotApplicableError, match="Give the trunk more stages"):
        rlt.Progressive().attach(tiny("ppo", cartpole(), trunk=one), tiny("ppo", cartpole(), trunk=one, seed=7))
