"""Classifiers by hand; a trunk trained by episodes tells classes apart that it was never shown."""

import math

import numpy as np
import pytest
import torch

from rltransfer.errors import ConfigError, RLTransferError
from rltransfer.images.one_shot import (
    EpisodicTraining,
    FineTuning,
    Matching,
    Nearest,
    Prototypes,
    fine_tune,
    train_by_episodes,
    view_codes,
)
from rltransfer.images.one_shot.distortions import Distortions
from rltransfer.images.one_shot.training import episode_loss
from rltransfer.trunks.specs import Impala

SUPPORT = torch.tensor([[[1.0, 0.0], [0.0, 2.0]], [[-1.0, 0.0], [-3.0, 0.0]]])
QUERIES = torch.tensor([[0.0, 1.0], [-2.0, 0.0]])
STILL = Distortions(rotation=0, shear=0, scale=0, shift=0, elastic=0)


def test_nearest_takes_the_closest_example_of_each_class():
    torch.testing.assert_close(Nearest()(SUPPORT, QUERIES), torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
    euclidean = Nearest("euclidean")(SUPPORT, QUERIES)
    torch.testing.assert_close(euclidean, -torch.tensor([[1.0, math.sqrt(2)], [math.sqrt(8), 1.0]]))
    with pytest.raises(ConfigError, match="Known: cosine, euclidean"):
        Nearest("cityblock")


def test_prototypes_are_means_and_logits_minus_squared_distances():
    # means (0.5, 1) and (-2, 0)
    torch.testing.assert_close(Prototypes()(SUPPORT, QUERIES), -torch.tensor([[0.25, 5.0], [7.25, 0.0]]))


def test_matching_gives_each_class_the_attention_of_its_examples():
    module = Matching(temperature=0.5)
    cosines = np.array([[0, 1, 0, 0], [-1, 0, 1, 1]])
    weights = np.exp(cosines / 0.5)
    expected = weights.reshape(2, 2, 2).sum(axis=2) / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(module(SUPPORT, QUERIES).exp().detach(), expected, rtol=1e-5)
    module(SUPPORT, QUERIES)[0, 0].neg().backward()
    assert module.log_temperature.grad > 0  # less temperature makes the right answer surer
    with pytest.raises(ConfigError, match="must be a number over 0"):
        Matching(0)


def test_each_drawing_is_learned_from_in_turn():
    codes = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    module = Prototypes()
    losses = []
    for shot in range(4):
        for way in range(3):
            for other in set(range(4)) - {shot}:
                distances = ((codes[:, shot] - codes[way, other]) ** 2).sum(dim=1)
                losses.append(-torch.log_softmax(-distances, dim=0)[way].item())
    loss, error = episode_loss(module, codes)
    assert loss.item() == pytest.approx(np.mean(losses))
    assert 0 < error < 1


def distracted(num_classes, seed):
    """Drawings whose upper half tells the class, faintly, and whose lower half is something else each time."""
    rng = np.random.default_rng(seed)
    patterns = rng.random((num_classes, 4, 8)) < 0.5
    labels = np.repeat(np.arange(num_classes), 8)
    images = np.zeros((len(labels), 16, 16), dtype=np.float32)
    images[:, :8] = 0.5 * patterns[labels].repeat(2, axis=1).repeat(2, axis=2)
    images[:, 8:] = (rng.random((len(labels), 4, 8)) < 0.5).repeat(2, axis=1).repeat(2, axis=2)
    return images, labels


def tiny_trunk(seed=0):
    torch.manual_seed(seed)
    return Impala(channels=(8, 8), features=32, batch_norm=True, precision="float32").build((1, 16, 16))


def error_on(trunk, images, labels):
    """Of nearest neighbours among the first drawings of each class."""
    codes = view_codes(trunk, torch.from_numpy(images)[:, None]).unflatten(0, (-1, 8))
    scores = Nearest()(codes[:, :1], codes[:, 1:].flatten(0, 1))
    return (scores.argmax(dim=1) != torch.arange(len(codes)).repeat_interleave(7)).float().mean().item()


SETTINGS = EpisodicTraining(episodes=40, ways=10, drawings=3, learning_rate=5e-3, distortions=STILL)


@pytest.mark.parametrize("classifier", [Prototypes, Matching])
def test_training_by_episodes_teaches_what_tells_new_classes_apart(classifier):
    images, labels = distracted(40, seed=0)
    fresh = distracted(10, seed=1)
    trunk, module = tiny_trunk(), classifier()
    before, told = error_on(trunk, *fresh), []
    train_by_episodes(trunk, module, images, labels, settings=SETTINGS, progress=lambda *now: told.append(now))
    assert [number for number, _, _ in told] == list(range(40))
    assert error_on(trunk, *fresh) < 0.6 * before
    assert not trunk.training
    if classifier is Matching:
        assert module.temperature != pytest.approx(0.1, abs=1e-4)


def test_a_second_run_gives_the_same_bits_and_another_seed_others():
    images, labels = distracted(12, seed=0)
    settings = SETTINGS.model_copy(update={"episodes": 4, "distortions": Distortions()})
    weights = []
    for seed in (0, 0, 1):
        trunk = tiny_trunk()
        train_by_episodes(trunk, Matching(), images, labels, settings=settings, seed=seed)
        weights.append(torch.cat([p.detach().flatten() for p in trunk.parameters()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_stored_pixels_are_read_as_fractions():
    images, labels = distracted(12, seed=0)
    settings, losses = SETTINGS.model_copy(update={"episodes": 1}), []
    for shown in (images, np.rint(images * 255).astype(np.uint8)):
        train_by_episodes(
            tiny_trunk(), Matching(), shown, labels, settings=settings, progress=lambda *now: losses.append(now[1])
        )
    assert losses[0] == pytest.approx(losses[1], rel=0.02)


def test_codes_of_more_views_are_steadier_and_leave_no_trace_in_the_trunk():
    trunk = tiny_trunk().train()
    images = torch.from_numpy(distracted(4, seed=0)[0])[:, None]
    state = {name: value.clone() for name, value in trunk.state_dict().items()}
    once = view_codes(trunk, images)
    torch.testing.assert_close(once.norm(dim=1), torch.ones(len(images)))
    spread = [
        (view_codes(trunk, images, views=n, seed=1) - view_codes(trunk, images, views=n, seed=2)).norm().item()
        for n in (1, 2, 12)
    ]
    assert spread[0] == 0
    assert spread[2] < 0.7 * spread[1]
    assert trunk.training
    assert all(torch.equal(state[name], value) for name, value in trunk.state_dict().items())


@pytest.mark.parametrize("learns", ["head", "all"])
def test_fine_tuning_fits_the_support_set_and_leaves_the_trunk(learns):
    images, _ = distracted(5, seed=2)
    pictures = torch.from_numpy(images)[:, None].unflatten(0, (5, 8))
    support, queries = pictures[:, :5], pictures[:, 5:].flatten(0, 1)
    trunk = tiny_trunk()
    state = {name: value.clone() for name, value in trunk.state_dict().items()}
    targets = torch.arange(5).repeat_interleave(5)

    def loss(steps):
        settings = FineTuning(learns=learns, steps=steps, trunk_rate=1e-2)
        logits = fine_tune(trunk, support, support.flatten(0, 1), settings=settings)
        return torch.nn.functional.cross_entropy(logits, targets).item()

    assert loss(40) < 0.8 * loss(0)
    assert all(torch.equal(state[name], value) for name, value in trunk.state_dict().items())
    first = fine_tune(trunk, support, queries, settings=FineTuning(learns=learns, steps=5))
    assert first.shape == (15, 5)
    assert torch.equal(first, fine_tune(trunk, support, queries, settings=FineTuning(learns=learns, steps=5)))


def test_without_steps_fine_tuning_is_the_nearest_mean_code():
    images, _ = distracted(3, seed=2)
    pictures = torch.from_numpy(images)[:, None].unflatten(0, (3, 8))
    trunk = tiny_trunk()
    logits = fine_tune(trunk, pictures[:, :1], pictures[:, 1], settings=FineTuning(steps=0))
    with torch.no_grad():
        codes = trunk.eval()(pictures[:, :2].flatten(0, 1)).unflatten(0, (3, 2))
    torch.testing.assert_close(logits, 10 * Nearest()(codes[:, :1], codes[:, 1]))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda images, labels: (images, labels[:-1], None), r"labels has shape \(95,\) for 96 rows"),
        (lambda images, labels: (images, np.where(labels == 1, np.nan, labels), None), "labels: row 8 has no label"),
        (lambda images, labels: (images, labels, labels[:-1]), r"groups has shape \(95,\) for 96 rows"),
        (lambda images, labels: (images[:, :8], labels, None), r"one is of shape \(1, 8, 16\), and the trunk takes"),
        (lambda images, labels: (images[..., None], labels, None), "of one channel"),
        (
            lambda images, labels: (np.where(images > 0, np.nan, images), labels, None),
            r"images .*: row 0, column . is NaN",
        ),
        (lambda images, labels: (images, 0 * labels, None), "10 ways of .* 0 of 1 classes|1 of 1 classes"),
    ],
)
def test_drawings_that_cannot_be_trained_with_are_told_before_the_trunk_changes(spoil, message):
    trunk = tiny_trunk()
    before = torch.cat([p.detach().flatten() for p in trunk.parameters()])
    images, labels, groups = spoil(*distracted(12, seed=0))
    with pytest.raises(RLTransferError, match=message):
        train_by_episodes(trunk, Prototypes(), images, labels, groups=groups, settings=SETTINGS)
    assert torch.equal(before, torch.cat([p.detach().flatten() for p in trunk.parameters()]))


@pytest.mark.parametrize("classifier", [Nearest(), Nearest("euclidean"), Prototypes(), Matching()])
def test_codes_of_other_features_are_refused(classifier):
    for support, queries in ((SUPPORT, QUERIES[:, :1]), (SUPPORT[0], QUERIES), (SUPPORT, SUPPORT)):
        with pytest.raises(RLTransferError, match="codes of one trunk"):
            classifier(support, queries)


def test_images_of_another_size_are_refused():
    trunk, small, fit = tiny_trunk(), torch.rand(3, 1, 8, 8), torch.rand(3, 1, 16, 16)
    for call in (
        lambda: view_codes(trunk, small),
        lambda: fine_tune(trunk, small[:, None], fit),
        lambda: fine_tune(trunk, fit[:, None], small),
    ):
        with pytest.raises(RLTransferError, match=r"of shape \(1, 8, 8\), and the trunk takes \(1, 16, 16\)"):
            call()
    with pytest.raises(RLTransferError, match="views is 0"):
        view_codes(trunk, fit, views=0)
    with pytest.raises(RLTransferError, match="support has shape"):
        fine_tune(trunk, fit[:1, None], fit)
