"""Adapters: the source as it was, under modules that begin as nothing and are all that learns in the trunk."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, stage_of, trunk_of, trunk_sites
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer import Compose
from rltransfer.trunks.adapters import LowRankAdapter, ResidualAdapter, adapted, adapters_of
from rltransfer.trunks.layers import PixelConv2d
from rltransfer.trunks.nested_specs import Adapted
from rltransfer.trunks.specs import MLP, Grid, Impala, Nature, Relational

KINDS = ("residual", "low_rank")


def is_adapters(name):
    return ".adapter." in name


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("algorithm", [*ALGORITHMS])
def test_only_adapters_and_heads_learn_and_the_agent_comes_back(algorithm, kind, vectors, tmp_path, snapshot):
    model, source = vectors(algorithm)
    report = rlt.Adapters(kind=kind, size=4).attach(model, source)
    seen = np.random.default_rng(0).normal(size=(16, model.observation_space.shape[0])).astype(np.float32)
    assert np.array_equal(*(agent.predict(seen, deterministic=True)[0] for agent in (model, source)))
    inputs = torch.as_tensor(seen)
    assert torch.equal(trunk_of(model)(inputs), trunk_of(source)(inputs))
    before = snapshot(model)
    model.learn(96)
    after, fates = named_parts(model), report.of("target")
    for site in trunk_sites(model):
        assert len(adapters_of(site.trunk)) == 2
    for name in [name for name in after if ".fc" in name]:
        if is_adapters(name):
            assert fates[name].fate == "re-initialised"
        else:
            assert ".base." in name
            assert torch.equal(after[name], before[name]), name
            assert fates[name].fate == "frozen"
    moved = {name for name in after if not torch.equal(after[name], before[name])}
    stages = {stage_of(name, model) for name in moved if is_adapters(name)}
    assert stages == {"fc1", "fc2"}
    assert "heads" in {stage_of(name, model) for name in moved}
    assert report.findings["adaptation"] > 0
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    assert np.array_equal(*(agent.predict(seen, deterministic=True)[0] for agent in (model, loaded)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        (Nature(features=16, precision="float32"), (3, 40, 40)),
        (Nature(features=16, precision="bfloat16"), (3, 40, 40)),
        (Impala(channels=(4, 8), features=16, precision="float32"), (3, 33, 20)),
        (Grid(channels=(4, 6), features=16, precision="float32"), (3, 7, 9)),
        (Relational(precision="float32"), (3, 64, 64)),
        (MLP(widths=(16, 8)), (5,)),
    ],
    ids=lambda value: getattr(value, "precision", "") and f"{type(value).__name__}-{value.precision}",
)
def test_an_adapted_trunk_computes_what_the_trunk_did_bit_for_bit(spec, shape, kind):
    trunk = spec.build(shape)
    wide = len(shape) == 3
    inputs = torch.randint(0, 256, (4, *shape), dtype=torch.uint8) if wide else torch.randn(4, *shape)
    with torch.no_grad():
        expected = trunk(inputs)
    before = [id(parameter) for parameter in trunk.parameters()]
    wrapped = adapted(Adapted(inner=spec, kind=kind, precision=spec.precision), trunk)
    with torch.no_grad():
        assert torch.equal(wrapped(inputs), expected)
    assert [id(p) for n, p in wrapped.stages.named_parameters() if ".adapter." not in n] == before
    again = wrapped.spec.build(shape)
    assert list(again.state_dict()) == list(wrapped.state_dict())


def noisy(module, generator):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return module.double()


@pytest.mark.parametrize("pixels", [False, True])
def test_a_low_rank_adapter_is_a_layer_whose_weights_have_the_product_added(pixels):
    generator = torch.Generator().manual_seed(0)
    conv = noisy(LowRankAdapter(PixelConv2d(3, 8, 4, 2, padding=1), 2), generator)
    inputs = torch.randint(0, 256, (2, 3, 9, 11), dtype=torch.uint8, generator=generator)
    down, up = conv.adapter
    product = (up.weight[:, :, 0, 0] @ down.weight.flatten(1)).reshape(conv.base.weight.shape)
    given = inputs if pixels else inputs.double() / 255
    expected = functional.conv2d(inputs.double() / 255, conv.base.weight + product, conv.base.bias, 2, 1)
    torch.testing.assert_close(conv(given), expected)
    linear = noisy(LowRankAdapter(nn.Linear(6, 5), 2), generator)
    x = torch.randn((3, 6), generator=generator).double()
    product = linear.adapter[1].weight @ linear.adapter[0].weight
    assert torch.linalg.matrix_rank(product) == 2
    torch.testing.assert_close(linear(x), x @ (linear.base.weight + product).T + linear.base.bias)


def test_a_residual_adapter_adds_to_what_the_layer_gives():
    generator = torch.Generator().manual_seed(0)
    conv = noisy(ResidualAdapter(nn.Conv2d(3, 4, 3), 2), generator)
    x = torch.randn((2, 3, 6, 7), generator=generator).double()
    given = functional.conv2d(x, conv.base.weight, conv.base.bias)
    mixed = torch.einsum("oc,bchw->bohw", conv.adapter[0].weight[:, :, 0, 0], given)
    torch.testing.assert_close(conv(x), given + mixed)
    linear = noisy(ResidualAdapter(nn.Linear(6, 5), 2), generator)
    x = torch.randn((3, 6), generator=generator).double()
    given = x @ linear.base.weight.T + linear.base.bias
    (w1, b1), (w2, b2) = ((layer.weight, layer.bias) for layer in (linear.adapter[0], linear.adapter[2]))
    torch.testing.assert_close(linear(x), given + (given @ w1.T + b1).clamp(min=0) @ w2.T + b2)


@pytest.mark.parametrize("order", [0, 1])
def test_beside_a_frozen_prefix_only_later_stages_have_adapters_and_features_are_cached(order, pair, snapshot):
    model, source = pair()
    methods = (rlt.Frozen(at="conv3"), rlt.Adapters())
    report = Compose(methods=methods[::-1] if order else methods).attach(model, source)
    cache = model.get_env()
    assert isinstance(cache, rlt.FeatureCache)
    assert cache.at == "conv3"
    assert {name.split(".")[0] for name in adapters_of(trunk_of(model))} == {"conv3", "fc"}
    before = snapshot(model)
    model.learn(192)
    after = named_parts(model)
    fates = {name: entry.fate for name, entry in report.of("target").items() if name.startswith("trunk.")}
    for name, fate in fates.items():
        assert fate == ("re-initialised" if is_adapters(name) else "frozen")
        assert is_adapters(name) != torch.equal(after[name], before[name])


def test_what_the_adapters_draw_is_their_own_and_changes_nothing_else(pair):
    drawn = []
    for method in (rlt.Frozen(cache=False), rlt.Adapters(kind="low_rank")):
        model, source = pair()
        torch.manual_seed(5)
        method.attach(model, source)
        drawn.append(torch.rand(3))
    assert torch.equal(*drawn)


def test_batch_normalisation_under_adapters_stays_still(batch_normed, pair):
    model, source = pair(trunk=batch_normed(precision="float32"))
    rlt.Adapters().attach(model, source)
    buffers = {n: b.clone() for n, b in trunk_of(model).named_buffers()}
    model.learn(128)
    assert buffers
    assert all(torch.equal(b, buffers[n]) for n, b in trunk_of(model).named_buffers())


def test_what_makes_no_sense_is_refused(pair, tiny):
    with pytest.raises(ConfigError, match="leaves no stage to adapters"):
        Compose(methods=(rlt.Frozen(), rlt.Adapters()))
    with pytest.raises(ConfigError, match="both decide how the trunk is built"):
        Compose(methods=(rlt.HardSharing(), rlt.Adapters()))
    with pytest.raises(ConfigError, match="decides which stages learn, and with adapters only they do"):
        Compose(methods=(rlt.Relations(), rlt.Adapters()))
    with pytest.raises(ConfigError, match="changes the source's trunk, which adapters keep"):
        Compose(methods=(rlt.ShrinkPerturb(), rlt.Adapters()))
    with pytest.raises(ConfigError, match="size"):
        rlt.Adapters(size=0)
    with pytest.raises(NotApplicableError, match="does not fit the source's trunk"):
        rlt.Adapters().attach(tiny("ppo"), tiny("ppo", trunk=Nature(features=24, precision="float32")))
