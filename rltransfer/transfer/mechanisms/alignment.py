"""Trunk features of source and target frames made alike, by a further loss on every optimizer step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, nn

from rltransfer.agents.anatomy import TrunkSite, learned_parts, trunk_sites
from rltransfer.agents.draws import drawing_apart, generator_for
from rltransfer.agents.extra_losses import Minibatch, add_loss, frames_of
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.perceived import of_perceived, perceived_key
from rltransfer.trunks.trunk import evaluating

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.kinds.alignment import Alignment

FeatureLoss: TypeAlias = Callable[[Tensor, Tensor], tuple[Tensor, Mapping[str, float]]]
"""Features (n, d) of source and (m, d) of target frames -> a scalar to be minimised, and what to tell by name."""
_SPAN = 20
"""Optimizer steps over which findings are averaged; own choice, because single minibatches scatter."""
_CHUNK = 256
"""Frames that pass through a frozen prefix at once."""


def learns(model: BaseAlgorithm) -> bool:
    """Whether an optimizer moves any stage of the model's acting trunk."""
    return any(name.startswith("trunk.") for name in learned_parts(model))


def align(transfer: Attachment, method: Alignment, frames: Any) -> None:
    """Let the loss of ``method`` act on every trunk copy that an optimizer moves.

    Args:
        transfer: whose model learns; its findings are written to while it does.
        method: says what the loss is, how strong, and on how many frames.
        frames: (n, *observation) of the source task, in one part or several by name.

    Raises:
        NotApplicableError: there are fewer than two frames, or the agent's optimizers cannot take a further loss.
    """
    frames = np.asarray(of_perceived(frames, perceived_key(transfer.diff.observation[0])))
    if len(frames) < 2:
        raise NotApplicableError(f"{method.label} compares source frames, and there are {len(frames)}. Give more.")
    told: dict[str, Any] = transfer.findings.setdefault(method.label, {})
    for number, site in enumerate(trunk_sites(transfer.model)):
        moved = [parameter for parameter in site.trunk.parameters() if parameter.requires_grad]
        if site.role == "online" and moved:
            name = "trunk" if number == 0 else site.path
            loss = method.feature_loss(transfer, features=site.trunk.features_dim)
            aligned = _AlignedTrunk(transfer.model, site, torch.as_tensor(frames), method=method, loss=loss)
            told[name] = aligned.told
            add_loss(transfer.model, aligned, moved, what=f"{method.label} acts", sequences=True)


class _AlignedTrunk:
    """The further loss of one trunk copy, by the minibatch."""

    def __init__(
        self, model: BaseAlgorithm, site: TrunkSite, frames: Tensor, *, method: Alignment, loss: FeatureLoss
    ) -> None:
        self._model, self._site, self._loss, self._frames = model, site, loss, frames
        self.told: dict[str, dict[str, float]] = {}
        self._strength, self._batch = method.strength, method.batch
        self._encoded = 0
        self._draws = generator_for(model, f"frames that are aligned in {site.path}")
        self._measures: dict[str, tuple[list[float], deque[float]]] = {}
        self._calls = 0

    def __call__(self, minibatch: Minibatch) -> Tensor | None:
        trunk, start = self._site.trunk, self._site.extractor.start
        target = of_perceived(frames_of(minibatch), perceived_key(self._model.observation_space))
        if len(target) < 2:
            return None
        target = target[self._drawn(len(target)).to(target.device)]
        frames = self._behind(start)
        source = frames[self._drawn(len(frames))].to(target.device, target.dtype)
        with evaluating(trunk.stages):  # source frames are to leave no trace in batch-norm statistics
            features = trunk(torch.cat([source, target]), start)
        value, measured = self._loss(features[: len(source)], features[len(source) :])
        self._tell(measured)
        return self._strength * value

    def _drawn(self, count: int) -> Tensor:
        return torch.randperm(count, generator=self._draws)[: self._batch]

    @torch.no_grad()
    def _behind(self, start: int) -> Tensor:
        """Source frames as they enter stage ``start``, which is more than 0 where features are cached."""
        if start > self._encoded:
            trunk = self._site.trunk
            parts = [
                trunk(part.to(trunk.device), self._encoded, start).cpu() for part in torch.split(self._frames, _CHUNK)
            ]
            self._frames, self._encoded = torch.cat(parts), start
        return self._frames

    def _tell(self, measured: Mapping[str, float]) -> None:
        """Note each measure's mean over the first steps and over the latest, of which none is among both."""
        self._calls += 1
        span = min(_SPAN, max(1, self._calls // 2))
        for name, value in measured.items():
            first, latest = self._measures.setdefault(name, ([], deque(maxlen=_SPAN)))
            if len(first) < _SPAN:
                first.append(value)
            latest.append(value)
            self.told[name] = {"start": fmean(first[:span]), "end": fmean(list(latest)[-span:])}


def multi_kernel_mmd(source: Tensor, target: Tensor, *, bandwidths: tuple[float, ...]) -> Tensor:
    """The unbiased estimate of the squared maximum mean discrepancy under a mean of Gaussian kernels.

    k(x, y) is the mean over b of exp(-||x - y||^2 / (b * median)), where the median is that of the squared distances
    within the pooled batch and is taken for a constant. Unbiased means that the estimate scatters around 0, also
    below it, where both come from one distribution.

    Args:
        source: (n, d), n of at least 2.
        target: (m, d), m of at least 2.
        bandwidths: multiples of the median, over 0.

    Source: Gretton et al. 2012, "A Kernel Two-Sample Test", Lemma 6; Long et al. 2015, "Learning Transferable
    Features with Deep Adaptation Networks", for several kernels around the median heuristic.
    """
    pooled, n, m = torch.cat([source, target]), len(source), len(target)
    squares = (pooled**2).sum(1)
    distances = (squares[:, None] + squares[None, :] - 2 * pooled @ pooled.T).clamp_min(0)
    rows, columns = torch.triu_indices(n + m, n + m, 1, device=pooled.device)
    median = distances.detach()[rows, columns].median().clamp_min(1e-12)
    kernel = torch.stack([torch.exp(-distances / (b * median)) for b in bandwidths]).mean(0)
    kernel = kernel - torch.diag(kernel.diagonal())
    within = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (m * (m - 1))
    return within - 2 * kernel[:n, n:].mean()


def coral(source: Tensor, target: Tensor) -> Tensor:
    """||C_S - C_T||_F^2 / (4 d^2), the distance of two batches' covariances.

    Args:
        source: (n, d), n of at least 2.
        target: (m, d), m of at least 2.

    Source: Sun and Saenko 2016, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", eq. 1.
    """
    ours, theirs = (batch - batch.mean(0) for batch in (target, source))
    difference = theirs.T @ theirs / (len(theirs) - 1) - ours.T @ ours / (len(ours) - 1)
    return (difference**2).sum() / (4 * source.shape[1] ** 2)


class DomainDiscriminator:
    """Learns to tell the domain of features; what it is told by is what the trunk is moved to give up.

    Calling it takes one step of its own and gives, to be minimised, a scalar whose gradient by the features is that
    of its loss reversed and multiplied by lambda = 2 / (1 + exp(-10 p)) - 1 at progress p.

    Args:
        model: whose progress counts, from 0 to 1 over a call of ``learn``, and whose seed.
        features: how many.
        hidden: width of its one hidden layer.
        learning_rate: of its own optimizer (Adam).

    Source: Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks": gradient reversal, and the schedule.
    """

    def __init__(self, model: BaseAlgorithm, *, features: int, hidden: int, learning_rate: float) -> None:
        self._model = model
        with drawing_apart(model, "weights of a domain discriminator"):
            self.network = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 1)).to(model.device)
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=learning_rate)

    def __call__(self, source: Tensor, target: Tensor) -> tuple[Tensor, dict[str, float]]:
        """(n, d) and (m, d) features -> the scalar, and the share of domains that were told rightly."""
        features = torch.cat([source, target])
        seen = features.detach().requires_grad_()
        domains = torch.cat([source.new_zeros(len(source)), source.new_ones(len(target))])
        logits = self.network(seen).squeeze(1)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, domains)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        assert seen.grad is not None
        right = ((logits.detach() > 0) == (domains > 0)).float().mean()
        return -self.reversal() * (features * seen.grad).sum(), {"accuracy": float(right)}

    def reversal(self) -> float:
        """Lambda at the learner's present progress: 0 in the beginning, nearly 1 in the end."""
        progress = 1 - self._model._current_progress_remaining
        return float(2 / (1 + np.exp(-10 * progress)) - 1)
