"""The trunk of entities and relations: attention against its formula and torch's own, and what order means to it."""

import pytest
import torch
from torch import nn
from torch.nn import functional as f

import rltransfer as rlt
from rltransfer.errors import SpaceMismatchError
from rltransfer.trunks.relational import Attention, Entities, Relations
from rltransfer.trunks.specs import Relational

SMALL = {"channels": (4, 6), "heads": 2, "head_width": 4, "features": 10, "precision": "float32"}


def entities(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def normed(norm, x):
    """Layer normalisation written out."""
    scale, shift = norm.weight.detach().double(), norm.bias.detach().double()
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + norm.eps).sqrt() * scale + shift


def attended(attention, x):
    """The block written out in float64, one pair of entities at a time."""
    x = x.double()
    batch, count, _ = x.shape
    linear = lambda layer, y: y @ layer.weight.detach().double().T + layer.bias.detach().double()  # noqa: E731
    q, k, v = (linear(layer, x) for layer in (attention.queries, attention.keys, attention.values))
    width = q.shape[-1] // attention.heads
    found = torch.zeros_like(v)
    for b in range(batch):
        for head in range(attention.heads):
            part = slice(head * width, (head + 1) * width)
            queries, keys = normed(attention.query_norm, q[b, :, part]), normed(attention.key_norm, k[b, :, part])
            values = normed(attention.value_norm, v[b, :, part])
            for i in range(count):
                likeness = torch.stack([(queries[i] @ keys[j]) / width**0.5 for j in range(count)]).exp()
                found[b, i, part] = sum(likeness[j] / likeness.sum() * values[j] for j in range(count))
    hidden = f.relu(linear(attention.update[0], found))
    return normed(attention.norm, x + f.relu(linear(attention.update[2], hidden)))


def noisy(module, seed=1):
    """Every parameter away from where it begins: norms that do nothing would hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    return module


@pytest.mark.parametrize(("heads", "head_width"), [(1, 5), (2, 4), (3, 2)])
def test_attention_is_its_formula(heads, head_width):
    attention, x = noisy(Attention(7, heads, head_width)), entities(2, 6, 7)
    torch.testing.assert_close(attention(x), attended(attention, x).float(), rtol=1e-4, atol=1e-5)


def test_what_is_gathered_is_what_torchs_multi_head_attention_gathers():
    attention, x = noisy(Attention(6, 2, 3)), entities(2, 5, 6)
    for name in ("query_norm", "key_norm", "value_norm", "norm", "update"):
        setattr(attention, name, nn.Identity())
    layers = (attention.queries, attention.keys, attention.values)
    expected, _ = f.multi_head_attention_forward(
        *(x.transpose(0, 1),) * 3,
        embed_dim_to_check=6,
        num_heads=2,
        in_proj_weight=torch.cat([layer.weight for layer in layers]),
        in_proj_bias=torch.cat([layer.bias for layer in layers]),
        bias_k=None,
        bias_v=None,
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=torch.eye(6),
        out_proj_bias=torch.zeros(6),
    )
    torch.testing.assert_close(attention(x) - x, expected.transpose(0, 1), rtol=1e-4, atol=1e-5)


def test_iterations_apply_one_attention_again_and_the_greatest_of_each_feature_goes_on():
    attention, x = noisy(Attention(7, 2, 4)), entities(3, 6, 7)
    expected = attention(attention(attention(x))).max(dim=1).values
    assert torch.equal(Relations(attention, 3)(x), expected)
    assert not torch.allclose(Relations(attention, 1)(x), expected, atol=1e-3)
    trunks = [Relational(**SMALL, iterations=n).build((3, 40, 40)) for n in (1, 4)]
    assert [p.shape for p in trunks[0].parameters()] == [p.shape for p in trunks[1].parameters()]
    assert trunks[0].describe().parameters == trunks[1].describe().parameters
    assert trunks[1].describe().parameters == sum(p.numel() for p in trunks[1].parameters())


def test_entities_in_another_order_are_related_alike():
    relations, x = noisy(Relations(Attention(7, 2, 4), 2)), entities(3, 9, 7)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(relations.attention(x[:, order]), relations.attention(x)[:, order])
    torch.testing.assert_close(relations(x[:, order]), relations(x))
    changed = x.clone()
    changed[:, 0] += 1
    assert not torch.allclose(relations(changed), relations(x), atol=1e-3)


def test_places_are_all_that_tells_one_cell_from_another():
    """Without places the same cells elsewhere are the same thing to the relations; with places they are not."""
    trunk = noisy(Relational(**SMALL).build((3, 40, 40)))
    cells = entities(2, 6, 5, 5).abs()
    order = torch.randperm(25, generator=torch.Generator().manual_seed(3))
    moved = cells.flatten(2)[:, :, order].unflatten(2, (5, 5))
    start = trunk.index("entities")
    assert not torch.allclose(trunk(cells, start), trunk(moved, start), atol=1e-3)
    trunk.stages["entities"].places.zero_()
    torch.testing.assert_close(trunk(cells, start), trunk(moved, start), rtol=1e-4, atol=1e-5)


def test_an_entity_is_a_cell_and_its_place_from_minus_one_to_one():
    cells = entities(2, 4, 3, 5)
    made = Entities(3, 5)(cells)
    assert made.shape == (2, 15, 6)
    for row in range(3):
        for column in range(5):
            entity = made[:, row * 5 + column]
            assert torch.equal(entity[:, :4], cells[:, :, row, column])
            torch.testing.assert_close(entity[:, 4:], torch.tensor([[column / 2 - 1, row - 1.0]]).expand(2, 2))


def test_the_weights_of_one_size_are_those_of_another():
    small, large = Relational(**SMALL).build((3, 40, 40)), Relational(**SMALL).build((3, 84, 100))
    large.load_state_dict(small.state_dict(), strict=True)
    assert small.shape_at("relations") == (25, 8)
    assert large.shape_at("relations") == (11 * 13, 8)
    assert small.shape_at("fc") == large.shape_at("fc") == (8,)


def test_it_reads_symbols_of_grid_worlds_and_refuses_vectors():
    assert Relational(**SMALL).build((3, 7, 7)).shape_at("relations") == (49, 8)
    with pytest.raises(SpaceMismatchError, match=r"trunk 'relational' reads images .* Use trunk 'mlp'"):
        Relational(**SMALL).build((7,))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("at", ["entities", "relations", "fc", "end"])
def test_frozen_and_cached_at_any_stage_it_judges_alike(precision, at, pair_of, frames):
    judged = []
    for cache in (True, False):
        model, source = pair_of(Relational(**{**SMALL, "precision": precision}))
        rlt.Frozen(at=at, cache=cache).attach(model, source)
        tensor, _ = model.policy.obs_to_tensor(frames)
        with torch.no_grad():
            judged.append(model.policy.predict_values(tensor))
        model.learn(64)
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if precision == "float32" else {"rtol": 0.05, "atol": 0.05}
    torch.testing.assert_close(*judged, **tolerance)
    assert judged[0].std() > 1e-4


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_an_agent_learns_on_it_in_every_stage_and_comes_back(algorithm, tiny, frames, snapshot, tmp_path):
    model = tiny(algorithm, trunk=Relational(**SMALL))
    before = snapshot(model)
    model.learn(128)
    after = snapshot(model)
    online = {name for name in before if "target" not in name}
    still = {name for name in online if torch.equal(before[name], after[name])}
    # a query's, key's or value's gradient is near 0 at first; a softmax does not see what all keys share
    assert still <= {"trunk.relations.attention.keys.bias", "trunk.relations.attention.key_norm.bias"}
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    actions = [m.predict(frames, deterministic=True)[0].tolist() for m in (model, loaded)]
    assert actions[0] == actions[1]


@pytest.fixture
def pair_of(tiny):
    return lambda trunk: (tiny("ppo", trunk=trunk), tiny("ppo", trunk=trunk, seed=7))
