"""The trunk whose weights fit any height and width, on symbols and on pixels."""

import pytest
import torch
from torch.nn import functional as f

from rltransfer.errors import SpaceMismatchError
from rltransfer.trunks.artifact import load_trunk
from rltransfer.trunks.specs import Grid

SMALL = {"channels": (4, 6), "features": 10, "precision": "float32"}


def symbols(height, width, *, batch=3, seed=0, frames=1):
    """Random cells of MiniGrid: object, colour and state."""
    draw = torch.Generator().manual_seed(seed)
    return torch.cat(
        [torch.randint(0, count, (batch, 1, height, width), generator=draw) for count in (11, 6, 4) * frames], dim=1
    ).to(torch.uint8)


def by_hand(trunk, observations, *, has_symbols, pool):
    """The features written out once more, in float64 and one cell at a time where cells are told apart."""
    if has_symbols:
        counts = (11, 6, 4) * (observations.shape[1] // 3)
        x = torch.cat([f.one_hot(observations[:, k].long(), n).movedim(-1, 1) for k, n in enumerate(counts)], dim=1)
        x = x.double()
    else:
        x = observations.double() / 255
    strides, paddings = ((1, 1), (1, 1)) if has_symbols else ((4, 2), (0, 1))
    for stage, stride, padding in zip(("conv1", "conv2"), strides, paddings, strict=True):
        weight, bias = (p.detach().double() for p in trunk.stages[stage].parameters())
        x = f.relu(f.conv2d(x, weight, bias, stride=stride, padding=padding))
    parts = []
    for k in pool:
        rows, columns = ([(i * n // k, -(-(i + 1) * n // k)) for i in range(k)] for n in x.shape[2:])
        parts += [torch.stack([x[:, :, a:b, c:d].amax((2, 3)) for a, b in rows for c, d in columns], -1).flatten(1)]
    weight, bias = (p.detach().double() for p in trunk.stages["fc"].parameters())
    return f.relu(f.linear(torch.cat(parts, 1), weight, bias)).float()


@pytest.mark.parametrize("shape", [(3, 7, 7), (3, 5, 12), (6, 9, 6)], ids=str)
@pytest.mark.parametrize("pool", [(1,), (1, 4), (2, 3)], ids=str)
def test_symbols_are_told_apart_convolved_and_pooled(shape, pool):
    trunk = Grid(pool=pool, **SMALL).build(shape)
    cells = symbols(*shape[1:], frames=shape[0] // 3)
    expected = by_hand(trunk, cells, has_symbols=True, pool=pool)
    torch.testing.assert_close(trunk(cells), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(trunk(cells.float() / 255), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 56, 56), (1, 40, 63), (4, 36, 36)], ids=str)
def test_pixels_are_convolved_tile_by_tile(shape):
    trunk = Grid(**SMALL).build(shape)
    pixels = torch.randint(0, 256, (3, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    expected = by_hand(trunk, pixels, has_symbols=False, pool=(1, 4))
    torch.testing.assert_close(trunk(pixels), expected, rtol=1e-4, atol=1e-5)


def test_small_pictures_are_read_as_pixels_where_told_so():
    cells = symbols(8, 8)
    trunk = Grid(reads="pixels", **SMALL).build((3, 8, 8))
    torch.testing.assert_close(
        trunk(cells), by_hand(trunk, cells, has_symbols=False, pool=(1, 4)), rtol=1e-4, atol=1e-5
    )
    assert Grid(reads="symbols", **SMALL).build((3, 64, 64)).stages["conv1"][1].in_channels == 21
    with pytest.raises(SpaceMismatchError, match="needs images of at least 4 x 4 pixels, not 3 x 9"):
        Grid(reads="pixels", **SMALL).build((3, 3, 9))
    with pytest.raises(SpaceMismatchError, match=r"reads symbols of three channels .* not 4. Set reads: pixels"):
        Grid(reads="symbols", **SMALL).build((4, 8, 8))


@pytest.mark.parametrize("shapes", [((3, 7, 7), (3, 25, 13)), ((3, 56, 56), (3, 84, 100))], ids=str)
def test_the_weights_of_one_size_are_those_of_another(shapes):
    small, large = (Grid(**SMALL).build(shape) for shape in shapes)
    large.load_state_dict(small.state_dict(), strict=True)
    assert [p.shape for p in small.parameters()] == [p.shape for p in large.parameters()]
    cells = symbols(*shapes[1][1:])
    expected = by_hand(small, cells, has_symbols=shapes[1][1] < 36, pool=(1, 4))
    torch.testing.assert_close(large(cells), expected, rtol=1e-4, atol=1e-5)


def test_a_thing_pooled_over_the_whole_grid_is_the_same_wherever_it_is_and_however_large_the_grid():
    """Two 3x3 convolutions see two cells far, and so does the padding. With more parts its place is told."""

    def room(size, row, column):
        cells = torch.zeros((1, 3, size, size), dtype=torch.uint8)
        cells[:, 0] = 1
        cells[:, :, row, column] = torch.tensor([6, 4, 0], dtype=torch.uint8)
        return cells

    everywhere = Grid(pool=(1,), **SMALL).build((3, 12, 12))
    larger = Grid(pool=(1,), **SMALL).build((3, 20, 20))
    larger.load_state_dict(everywhere.state_dict())
    features = everywhere(room(12, 4, 4))
    torch.testing.assert_close(features, everywhere(room(12, 7, 6)), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(features, larger(room(20, 15, 4)), rtol=1e-5, atol=1e-6)
    in_parts = Grid(pool=(1, 4), **SMALL).build((3, 12, 12))
    assert not torch.allclose(in_parts(room(12, 4, 4)), in_parts(room(12, 7, 6)), atol=1e-4)


def test_symbols_have_no_order():
    """With the weights of two objects exchanged, the objects exchanged give the same features."""
    trunk, other = (Grid(**SMALL).build((3, 7, 7)) for _ in range(2))
    other.load_state_dict(trunk.state_dict())
    with torch.no_grad():
        weight = other.stages["conv1"][1].weight
        weight[:, [5, 9]] = weight[:, [9, 5]]
    cells = symbols(7, 7)
    swapped = cells.clone()
    swapped[:, 0][cells[:, 0] == 5], swapped[:, 0][cells[:, 0] == 9] = 9, 5
    assert not torch.equal(cells, swapped)
    torch.testing.assert_close(other(swapped), trunk(cells), rtol=1e-5, atol=1e-6)


def test_it_computes_in_bfloat16_and_is_saved_whole(tmp_path):
    trunk = Grid(channels=(8, 8), features=16, precision="bfloat16").build((3, 9, 9)).eval()
    cells = symbols(9, 9)
    with torch.no_grad():
        acting = trunk(cells)
    torch.testing.assert_close(acting, by_hand(trunk, cells, has_symbols=True, pool=(1, 4)), rtol=0.1, atol=0.03)
    trunk.save(tmp_path)
    loaded = load_trunk(tmp_path)
    assert loaded.spec == trunk.spec
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(trunk.parameters(), loaded.parameters(), strict=True))


def test_the_frozen_prefix_is_packed_to_the_same_numbers():
    from rltransfer.trunks.packing import packed_prefix

    trunk = Grid(channels=(8, 8), features=16, precision="bfloat16").build((3, 9, 9))
    trunk.freeze("end")
    cells = symbols(9, 9)
    with torch.no_grad():
        assert torch.equal(packed_prefix(trunk, 4, cells)(cells), trunk(cells))


def test_an_agent_moves_between_two_sizes_of_grid_with_every_parameter():
    pytest.importorskip("minigrid")
    import rltransfer as rlt

    def env(size):
        return rlt.make_env("minigrid", environment={"observation": "full-symbolic", "size": size}, num_envs=2, seed=0)

    options = {"trunk": Grid(**SMALL), "seed": 0, "n_steps": 16, "batch_size": 32, "n_epochs": 1}
    source = rlt.make_agent("ppo", env(8), **options)
    source.learn(32)
    target = rlt.make_agent("ppo", env(11), **options, source=source, method=rlt.Finetune())
    for (name, mine), theirs in zip(target.policy.named_parameters(), source.policy.parameters(), strict=True):
        assert torch.equal(mine, theirs), name
    target.learn(32)
    assert target.observation_space.shape == (3, 11, 11)
