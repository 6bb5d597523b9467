"""Augmentation: pixels by hand, minibatches of every algorithm, and nothing where it is told to do nothing."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.agents.extra_losses import add_loss, buffer_of
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer.mechanisms.augmentation import random_layer, random_shifts, recoloured, shifted

CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")
ALL = sorted(set(ALGORITHMS) - {"classifier"})


def made(pair, algorithm="ppo", **changes):
    robot = "hovercraft" if algorithm in CONTINUOUS else "omni"
    return pair(algorithm, robots=(robot, robot), **changes)


def test_a_shift_repeats_the_border_pixel_by_pixel():
    picture = torch.tensor([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]], dtype=torch.uint8)
    pictures = torch.stack([picture, picture, picture, 10 * picture])
    moved = shifted(pictures, torch.tensor([[0, 0], [1, 0], [-1, 2], [0, -5]]))
    assert moved.dtype == torch.uint8
    assert moved[:, 0].tolist() == [
        [[1, 2, 3], [4, 5, 6], [7, 8, 9]],
        [[4, 5, 6], [7, 8, 9], [7, 8, 9]],
        [[3, 3, 3], [3, 3, 3], [6, 6, 6]],
        [[10, 10, 10], [40, 40, 40], [70, 70, 70]],
    ]


def test_shifting_is_padding_by_the_border_and_cropping(frames):
    pictures, shifts = torch.as_tensor(frames), torch.randint(-4, 5, (16, 2))
    padded = np.pad(frames, ((0, 0), (0, 0), (4, 4), (4, 4)), mode="edge")
    for picture, source, (down, right) in zip(shifted(pictures, shifts), padded, shifts.tolist(), strict=True):
        np.testing.assert_array_equal(picture, source[:, 4 + down : 68 + down, 4 + right : 68 + right])


def test_shifts_are_drawn_evenly_from_both_sides_and_from_nobodys_generator():
    before = torch.get_rng_state()
    shifts = random_shifts(9000, 4, torch.Generator().manual_seed(0))
    counts = torch.stack([(shifts == value).sum(0) for value in range(-4, 5)])
    assert (shifts.min(), shifts.max()) == (-4, 4)
    assert (counts > 850).all()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_random_layer_mixes_the_colours_of_each_stacked_frame_as_its_weights_say():
    layer = torch.zeros(3, 3, 3, 3)
    layer[0, 2, 1, 1], layer[1, 0, 1, 1], layer[2, 1, 1, 0] = 1.0, 2.0, 1.0  # the last takes its left neighbour
    pictures = torch.zeros(1, 6, 2, 2, dtype=torch.uint8)
    pictures[0, 2], pictures[0, 3], pictures[0, 4] = 51, 102, torch.tensor([[255, 0], [51, 0]])
    found = recoloured(pictures, layer)[0]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found[0], torch.full((2, 2), 0.2))
    torch.testing.assert_close(found[4], torch.full((2, 2), 0.8))
    torch.testing.assert_close(found[5], torch.tensor([[0.0, 1.0], [0.0, 0.2]]))
    assert (found[[1, 2, 3]] == 0).all()


@pytest.mark.parametrize(("channels", "width"), [(3, 3), (12, 3), (4, 1), (1, 1)])
def test_the_weights_of_a_random_layer_have_xaviers_variance(channels, width):
    draws = torch.Generator().manual_seed(0)
    weights = torch.stack([random_layer(channels, draws) for _ in range(400)])
    assert weights.shape[1:] == (width, width, 3, 3)
    assert float(weights.var()) == pytest.approx(2 / (18 * width), rel=0.1)
    assert recoloured(torch.ones(2, channels, 5, 7, dtype=torch.uint8), weights[0]).shape == (2, channels, 5, 7)


def minibatch(model):
    buffer = buffer_of(model)
    if hasattr(buffer, "get"):
        return next(buffer.get(16))
    return buffer.sample(16)


def held_by(model):
    """The frames that were put into the buffer, (number, channels, height, width)."""
    buffer = buffer_of(model)
    held = buffer.observations if hasattr(buffer, "get") else buffer.observations[: buffer.pos]
    return torch.as_tensor(np.asarray(held).reshape(-1, *held.shape[-3:]))


@pytest.mark.parametrize("algorithm", ALL)
def test_every_algorithm_learns_from_changed_frames_and_from_nothing_else_that_changed(algorithm, pair):
    ends = []
    for changes in (None, {"shift": 0}, {"shift": 4}, {"shift": 0, "convolution": 1.0}):
        model, source = made(pair, algorithm, **({"n_steps": 4, "batch_size": 16} if algorithm == "trpo" else {}))
        parts = [rlt.Finetune(), *([] if changes is None else [rlt.Augmentation(**changes)])]
        (rlt.Compose(methods=parts) if changes is not None else parts[0]).attach(model, source)
        model.learn(16 if algorithm == "trpo" else 64)
        ends.append({name: p.detach().clone() for name, p in named_parts(model).items()})
    plain, unchanged, shifted_, recoloured_ = ends
    assert all(torch.equal(plain[name], unchanged[name]) for name in plain)
    for changed in (shifted_, recoloured_):
        assert not all(torch.equal(plain[name], changed[name]) for name in plain)
    assert not all(torch.equal(shifted_[name], recoloured_[name]) for name in plain)
    true = held_by(model).float() / 255
    given = minibatch(model).observations
    assert given.is_floating_point()
    assert min(float((true - frame).abs().amax((1, 2, 3)).min()) for frame in given if frame.any()) > 0.05


@pytest.mark.parametrize("algorithm", ["ppo", "td3"])
def test_alone_it_is_scratch_and_nothing_is_carried(algorithm, pair):
    ends = []
    for method in (None, rlt.Augmentation(shift=0), rlt.Augmentation()):
        model, _ = made(pair, algorithm)
        if method is not None:
            report = method.attach(model, None)
            assert {entry.fate for entry in report.of("target").values()} == {"re-initialised"}
        model.learn(96)
        ends.append(named_parts(model))
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    assert not all(torch.equal(ends[0][name], ends[2][name]) for name in ends[0])


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("convolution", [0.0, 1.0])
def test_a_minibatch_holds_changed_frames_and_the_buffer_the_true_ones(algorithm, convolution, pair):
    model, source = made(pair, algorithm)
    rlt.Augmentation(shift=3, convolution=convolution).attach(model, source)
    model.learn(64)
    batch, true = minibatch(model), held_by(model)
    for frames in (batch.observations, *([batch.next_observations] if algorithm == "dqn" else [])):
        assert frames.shape == (16, 3, 64, 64)
        assert frames.dtype == (torch.float32 if convolution else torch.uint8)
        if not convolution:
            exact = sum(bool((frame == true).all(-1).all(-1).all(-1).any()) for frame in frames)
            assert exact < 8
            centre = frames[0][:1, 3:-3, 3:-3]  # is somewhere in a true frame, not further than 3 pixels away
            assert any(
                bool((true[:, :1, down : 58 + down, right : 58 + right] == centre).all(-1).all(-1).all(-1).any())
                for down in range(7)
                for right in range(7)
            )
    assert true.dtype == torch.uint8


def test_a_chance_of_convolution_is_kept_over_minibatches(pair):
    model, source = made(pair, "dqn")
    rlt.Augmentation(shift=0, convolution=0.5).attach(model, source)
    model.learn(48)
    passed = [minibatch(model).observations.is_floating_point() for _ in range(60)]
    assert 18 < sum(passed) < 42


def test_a_further_loss_sees_frames_as_they_are(pair):
    class Watching(rlt.TransferMethod):
        """Keeps what further losses are given."""

        registered = "watching"
        transfers = "none"
        heterogeneous = True
        carries_weights = False

        def hold(self, transfer):
            see = lambda batch: seen.append(batch.observations)  # noqa: E731
            add_loss(transfer.model, see, [*transfer.model.policy.parameters()], what="a test")

    seen = []
    model, source = made(pair)
    rlt.Compose(methods=(Watching(), rlt.Augmentation(convolution=1.0))).attach(model, source)
    model.learn(64)
    assert seen
    assert all(observations.dtype == torch.uint8 for observations in seen)


def test_it_goes_with_alignment_and_soft_sharing_and_the_agent_is_saved(pair, frames, tmp_path):
    model, source = made(pair)
    parts = (rlt.MMD(source_steps=32, batch=8), rlt.SoftSharing(), rlt.Augmentation(convolution=0.5))
    report = rlt.Compose(methods=parts).attach(model, source)
    model.learn(96)
    assert "distance" in report.findings["mmd"]["trunk"]
    rlt.save(model, tmp_path)
    actions = model.predict(frames, deterministic=True)[0]
    np.testing.assert_array_equal(rlt.load_agent(tmp_path).predict(frames, deterministic=True)[0], actions)


def test_what_cannot_be_augmented_is_refused_with_the_reason(tiny, cartpole):
    with pytest.raises(NotApplicableError, match="Learn from pixels"):
        rlt.Augmentation().attach(tiny("ppo", cartpole(), n_steps=16), tiny("ppo", cartpole(), n_steps=16, seed=7))
    with pytest.raises(ConfigError, match="needs the observations themselves"):
        rlt.Compose(methods=(rlt.Frozen(), rlt.Augmentation()))
    rlt.Compose(methods=(rlt.Frozen(cache=False), rlt.Augmentation()))
    with pytest.raises(ConfigError, match="would not change"):
        rlt.Compose(methods=(rlt.Instances(), rlt.Augmentation()))
    with pytest.raises(ConfigError, match="shift"):
        rlt.Augmentation(shift=-1)
