"""bfloat16: the copy that acts, the packed prefix, and which arithmetic is in use."""

import pytest
import torch

from rltransfer.errors import ConfigError
from rltransfer.trunks import precision
from rltransfer.trunks.packing import packed_prefix
from rltransfer.trunks.precision import choose_precision
from rltransfer.trunks.specs import MLP, Impala, Nature, Relational
from rltransfer.trunks.trunk import Trunk

IMAGE = (3, 48, 40)
SPECS = [
    Nature(features=16),
    Impala(channels=(4, 8), features=16),
    MLP(widths=(16, 8)),
    Relational(channels=(4, 6), head_width=8, features=16),
]
NAMES = ["nature", "impala", "mlp", "relational"]


def pixels(*, batch=6, seed=0):
    return torch.randint(0, 256, (batch, *IMAGE), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def built(spec, kind):
    torch.manual_seed(0)
    return spec.model_copy(update={"precision": kind}).build(IMAGE)


def fresh(trunk, inputs):
    """What a trunk that never kept a copy gives with the same weights."""
    other = trunk.clone().eval()
    with torch.no_grad():
        return other(inputs)


def stepped_by(optimizer_class, **options):
    def change(trunk):
        optimizer = optimizer_class(trunk.parameters(), lr=0.01, **options)
        trunk(pixels(seed=1)).sum().backward()
        optimizer.step()

    return change


def loads_other_weights(trunk):
    trunk.load_state_dict({name: t + 0.05 for name, t in trunk.state_dict().items()})


def moves_away_and_back(trunk):
    with torch.no_grad():
        trunk.to(torch.float64)
        for parameter in trunk.parameters():
            parameter.add_(0.05)
        trunk.to(torch.float32)


def written_in_place(trunk):
    with torch.no_grad():
        for parameter in trunk.parameters():
            parameter.mul_(1.5)


def trained_meanwhile(trunk):
    trunk.train()
    stepped_by(torch.optim.Adam, fused=True)(trunk)
    trunk.eval()


CHANGES = {
    "fused-adam": stepped_by(torch.optim.Adam, fused=True),
    "plain-adam": stepped_by(torch.optim.Adam, foreach=False),
    "foreach-adam": stepped_by(torch.optim.Adam, foreach=True),
    "sgd": stepped_by(torch.optim.SGD),
    "load-state-dict": loads_other_weights,
    "to": moves_away_and_back,
    "in-place": written_in_place,
    "train-and-eval": trained_meanwhile,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
@pytest.mark.parametrize("kind", ["bfloat16", "float32"])
def test_the_acting_copy_is_never_stale(change, spec, kind):
    trunk = built(spec, kind).eval()
    with torch.no_grad():
        before = trunk(pixels())
    for _ in range(2):  # the second time from a copy that was made anew
        change(trunk)
        with torch.no_grad():
            after = trunk(pixels())
        assert torch.equal(after, fresh(trunk, pixels()))
        assert not torch.equal(after, before)
        before = after


def test_the_acting_copy_is_kept_while_nothing_changes(monkeypatch):
    trunk = built(SPECS[0], "bfloat16").eval()
    with torch.no_grad():
        expected = trunk(pixels())
        copies = {name: kept[1] for name, kept in trunk._copies.items()}
        assert set(copies) == set(trunk.stage_names)
        assert torch.equal(trunk(pixels()), expected)
    assert all(trunk._copies[name][1] is copies[name] for name in copies)


def test_in_training_mode_stages_that_learn_are_not_read_from_a_copy():
    trunk = built(SPECS[0], "bfloat16").train()
    trunk.freeze("conv2")
    with torch.no_grad():
        trunk(pixels())
    assert not trunk._copies


def test_batch_norm_statistics_moved_in_training_reach_the_acting_copy(batch_normed):
    trunk = batch_normed(precision="bfloat16").build((3, 64, 64))
    frames = torch.randint(0, 256, (6, 3, 64, 64), dtype=torch.uint8)
    trunk.eval()
    with torch.no_grad():
        before = trunk(frames)
        trunk.train()
        trunk(frames)  # no optimizer step, only statistics
        trunk.eval()
        after = trunk(frames)
    assert not torch.equal(after, before)
    assert torch.equal(after, fresh(trunk, frames))


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_the_packed_prefix_gives_the_trunks_own_numbers_bit_for_bit(spec, kind):
    trunk = built(spec, kind).eval()
    trunk.freeze("end")
    for stop in range(1, len(trunk.stage_names) + 1):
        packed = packed_prefix(trunk, stop, pixels(batch=4))
        for batch in (4, 1, 6):
            inputs = pixels(batch=batch, seed=batch)
            with torch.no_grad():
                assert torch.equal(packed(inputs), trunk(inputs, 0, stop)), (stop, batch)


def test_the_packed_prefix_folds_batch_norm_to_within_rounding(batch_normed):
    trunk = batch_normed(precision="float32").build((3, 64, 64))
    frames = torch.randint(0, 256, (6, 3, 64, 64), dtype=torch.uint8)
    trunk(frames)
    trunk.eval().freeze("fc")
    with torch.no_grad():
        torch.testing.assert_close(packed_prefix(trunk, 2, frames)(frames), trunk(frames, 0, 2), rtol=1e-4, atol=1e-5)


def test_only_what_is_frozen_is_packed():
    trunk = built(SPECS[0], "float32")
    trunk.freeze("conv3")
    packed_prefix(trunk, 2, pixels())
    with pytest.raises(ConfigError, match="only 2 stages of the trunk are frozen; 3 are to be packed"):
        packed_prefix(trunk, 3, pixels())


@pytest.mark.parametrize("spec", SPECS, ids=NAMES)
def test_bfloat16_is_near_float32_acting_and_learning(spec):
    exact, fast = built(spec, "float32").eval(), built(spec, "bfloat16").eval()
    scale = float(exact(pixels()).detach().abs().max())
    learning = fast(pixels())
    with torch.no_grad():
        acting = fast(pixels())
        reference = exact(pixels())
    for outputs in (learning.detach(), acting):
        error = float((outputs - reference).abs().max())
        assert 0 < error < 0.05 * scale  # bfloat16 has 8 bits: 0.4 % a product
    assert learning.requires_grad
    assert {p.dtype for p in fast.parameters()} == {torch.float32}


@pytest.mark.parametrize(("products", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_auto_takes_bfloat16_where_the_processor_multiplies_it_and_says_what_it_took(monkeypatch, products, expected):
    monkeypatch.setattr(precision, "cpu_multiplies_bfloat16", lambda: products)
    trunk = built(SPECS[0], "auto")
    assert trunk.spec.precision == "auto"
    assert trunk.precision == expected
    assert built(SPECS[2], "auto").precision == "float32"  # vectors gain nothing
    for forced in ("float32", "bfloat16"):
        assert choose_precision(forced) == built(SPECS[0], forced).precision == forced


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_a_frozen_stage_stays_in_evaluation_mode_whatever_is_asked(batch_normed, kind):
    trunk = batch_normed(precision=kind).build((3, 64, 64))
    frames = torch.randint(0, 256, (6, 3, 64, 64), dtype=torch.uint8)
    trunk(frames)
    trunk.freeze("conv2")
    buffers = {name: b.clone() for name, b in trunk.named_buffers()}
    for _ in range(3):
        trunk.train()
        trunk(frames).sum().backward()
    after = dict(trunk.named_buffers())
    for name, buffer in buffers.items():
        assert torch.equal(after[name], buffer) == name.startswith("stages.conv1"), name
    assert all(p.grad is None for p in trunk.stages["conv1"].parameters())
    assert all(p.grad is not None for p in trunk.stages["conv2"].parameters())


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_pixels_are_scaled_for_trunks_that_use_pytorchs_own_layers(kind):
    """A trunk of a user's own need not know ``PixelConv2d``: acting, learning, split and packed it sees fractions."""
    from torch import nn

    stages = {
        "conv": nn.Sequential(nn.Conv2d(3, 4, 8, 8), nn.ReLU()),
        "fc": nn.Sequential(nn.Flatten(), nn.Linear(120, 8)),
    }
    trunk = Trunk(Nature(precision=kind), IMAGE, stages).eval()
    with torch.no_grad():
        expected = trunk.stages["fc"](trunk.stages["conv"](pixels().float() / 255))
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if kind == "float32" else {"rtol": 0.05, "atol": 0.02}
    torch.testing.assert_close(trunk(pixels()).detach(), expected, **tolerance)
    prefix, suffix = trunk.split("fc")
    trunk.freeze("end")
    with torch.no_grad():
        torch.testing.assert_close(trunk(pixels()), expected, **tolerance)
        torch.testing.assert_close(suffix(prefix(pixels())), expected, **tolerance)
        assert torch.equal(packed_prefix(trunk, 2, pixels())(pixels()), trunk(pixels()))


@pytest.mark.parametrize("kind", ["float32", "bfloat16"])
def test_float64_vectors_are_read_as_float32(kind):
    trunk = MLP(widths=(16, 8)).model_copy(update={"precision": kind}).build((5,))
    vectors = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    for mode in (torch.enable_grad, torch.no_grad):
        with mode():
            assert torch.equal(trunk(vectors.double()), trunk(vectors))
