"""Training a trunk by episodes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import UnfitDataError
from rltransfer.images.given_rows import given_labels, number_rows
from rltransfer.images.one_shot.codes import fitting_images
from rltransfer.images.one_shot.distortions import Distortions, distort
from rltransfer.images.one_shot.episodes import sample_episode
from rltransfer.settings import Options
from rltransfer.trunks.trunk import Trunk


class EpisodicTraining(Options):
    """How a trunk is trained by episodes.

    Args:
        episodes: gradient steps, an episode each.
        ways: classes of an episode.
        drawings: of each class in an episode; each in turn is the one that is learned from, the others are recognised.
        num_groups: alphabets that an episode's classes come from. Fewer are harder, as in Omniglot's runs.
        learning_rate: of Adam, falling to 0 along a half cosine.
        weight_decay: of Adam with decoupled decay. More keeps weights smaller.
        distortions: of every drawing, whenever it is shown.

    Source: episodes after Vinyals et al. 2016, "Matching Networks for One Shot Learning"; more ways in training than
    in testing after Snell et al. 2017, "Prototypical Networks for Few-shot Learning"; numbers are own choice.
    """

    episodes: int = Field(default=3000, ge=1)
    ways: int = Field(default=40, ge=2)
    drawings: int = Field(default=4, ge=2)
    num_groups: int = Field(default=2, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    distortions: Distortions = Distortions()


def train_by_episodes(
    trunk: Trunk,
    classifier: nn.Module,
    images: NDArray[np.generic],
    labels: NDArray[np.int64],
    *,
    groups: NDArray[np.int64] | None = None,
    settings: EpisodicTraining | None = None,
    seed: int = 0,
    progress: Callable[[int, float, float], None] | None = None,
) -> None:
    """Change ``trunk`` (and ``classifier``'s parameters, if any) so that classes are told from one example each.

    On one thread a second run from the same weights gives the same bits.

    Args:
        trunk: makes codes of drawings; in evaluation mode afterwards.
        classifier: ``Prototypes``, ``Matching`` or another module of (support, queries) -> logits.
        images: (n, height, width) uint8, or numbers from 0 to 1; 0 is paper, which distortions fill in with.
        labels: (n,) classes.
        groups: (n,) alphabets; None draws classes from all.
        settings: see there.
        seed: of episodes and distortions.
        progress: called after each episode with its number, its loss and its error (0 to 1).

    Raises:
        UnfitDataError: images, labels and groups of other numbers, labels that are missing, drawings of another size
            than the trunk's, or pixels that are not finite.
        ConfigError: as ``sample_episode``: too few classes, or too few drawings of them.
    """
    settings = settings or EpisodicTraining()
    images, labels, groups = _checked(trunk, images, labels, groups)
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    parameters = [p for p in (*trunk.parameters(), *classifier.parameters()) if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    pictures = torch.from_numpy(np.ascontiguousarray(images))[:, None]
    trunk.train()
    for number in range(settings.episodes):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * (1 + math.cos(math.pi * number / settings.episodes)) / 2
        episode = sample_episode(
            labels,
            ways=settings.ways,
            shots=1,
            queries=settings.drawings - 1,
            rng=rng,
            groups=groups,
            num_groups=settings.num_groups,
        )
        chosen = torch.from_numpy(np.hstack([episode.support, episode.query]))
        drawn = pictures[chosen.flatten()]
        drawn = drawn.float() if drawn.is_floating_point() else drawn.float() / 255
        shown = distort(drawn, settings.distortions, generator)
        codes = trunk(shown).unflatten(0, tuple(chosen.shape))
        loss, error = episode_loss(classifier, codes)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if progress is not None:
            progress(number, loss.item(), error)
    trunk.eval()


def _checked(trunk: Trunk, images: Any, labels: Any, groups: Any) -> tuple[Any, Any, Any]:
    """Drawings that the trunk takes, with a label each, and a group each where there are groups."""
    pictures = np.asarray(images)
    if pictures.ndim != 3:
        raise UnfitDataError(f"images are of shape {pictures.shape}. Drawings are (n, height, width), of one channel.")
    fitting_images(trunk, (1, *pictures.shape[1:]), "images")
    if pictures.dtype != np.uint8:
        number_rows(pictures.reshape(len(pictures), -1), "images (a row a drawing)")
    named = None if groups is None else given_labels(groups, "groups", len(pictures))
    return pictures, given_labels(labels, "labels", len(pictures)), named


def episode_loss(classifier: nn.Module, codes: Tensor) -> tuple[Tensor, float]:
    """Cross-entropy and error where each drawing of a class in turn is learned from and the others are recognised.

    Args:
        classifier: as in ``train_by_episodes``.
        codes: (ways, drawings, features).

    Returns:
        The mean loss, a scalar tensor, and the mean error, 0 to 1.
    """
    ways, drawings = codes.shape[:2]
    targets = torch.arange(ways).repeat_interleave(drawings - 1)
    losses, errors = [], []
    for shot in range(drawings):
        others = [k for k in range(drawings) if k != shot]
        logits = classifier(codes[:, [shot]], codes[:, others].flatten(0, 1))
        losses.append(functional.cross_entropy(logits, targets))
        errors.append((logits.argmax(dim=1) != targets).float().mean().item())
    return torch.stack(losses).mean(), float(np.mean(errors))
