"""A trunk in the place where Stable-Baselines3 wants a features extractor."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, NatureCNN
from torch import Tensor, nn

from rltransfer.tasks.perceived import beside, of_perceived, perceived, perceived_key
from rltransfer.trunks.specs import Nature, TrunkSpec
from rltransfer.trunks.trunk import Trunk


class TrunkExtractor(BaseFeaturesExtractor):
    """A trunk as a features extractor. Of observations in several parts it reads one; the others join its features.

    Args:
        observation_space: of the environment, images channels-first.
        spec: the trunk's architecture.
        trunk: a trunk to take as it is, instead of building one from ``spec``.
    """

    def __init__(self, observation_space: spaces.Space[Any], spec: TrunkSpec, trunk: Trunk | None = None) -> None:
        built = trunk or spec.build(perceived(observation_space).shape)
        self._beside = beside(observation_space)
        sizes = [spaces.flatdim(observation_space[key]) for key in self._beside]  # type: ignore[index]
        super().__init__(observation_space, built.features_dim + sum(sizes))
        self.trunk = built
        self._key = perceived_key(observation_space)
        self.start = 0
        """Index of the first stage to apply: more than 0 where observations are cached features."""

    def forward(self, observations: Any) -> Tensor:
        """(batch, *observation shape) -> (batch, features) float32, followed by what stands beside the trunk's part."""
        features: Tensor = self.trunk(of_perceived(observations, self._key), self.start)
        if not self._beside:
            return features
        return torch.cat([features, *(observations[key].flatten(1).float() for key in self._beside)], dim=1)


def trunk_of_nature_cnn(extractor: NatureCNN) -> Trunk:
    """The trunk that Stable-Baselines3's ``NatureCNN`` is: the very same parameters, and float32 as before."""
    space, layers, linear = extractor._observation_space, list(extractor.cnn.children()), extractor.linear[0]
    assert isinstance(space, spaces.Box)
    assert isinstance(linear, nn.Linear)
    with torch.random.fork_rng(devices=[]):  # the weights drawn here are replaced at once
        trunk = Nature(features=linear.out_features, precision="float32").build(space.shape)
    trunk.to(linear.weight.device)
    pairs: Any = zip(("conv1", "conv2", "conv3", "fc"), (layers[0], layers[2], layers[4], linear), strict=True)
    for stage, layer in pairs:
        assert isinstance(layer, nn.Linear | nn.Conv2d)
        mine = next(m for m in trunk.stages[stage].modules() if isinstance(m, nn.Linear | nn.Conv2d))
        mine.weight, mine.bias = layer.weight, layer.bias
    return trunk
