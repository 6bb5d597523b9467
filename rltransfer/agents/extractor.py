"""A trunk in the place where Stable-Baselines3 wants a features extractor."""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, NatureCNN
from torch import Tensor, nn

from rltransfer.errors import SpaceMismatchError
from rltransfer.trunks.specs import Nature, TrunkSpec
from rltransfer.trunks.trunk import Trunk


class TrunkExtractor(BaseFeaturesExtractor):
    """A trunk as a features extractor.

    Args:
        observation_space: of the environment, images channels-first.
        spec: the trunk's architecture.
        trunk: a trunk to take as it is, instead of building one from ``spec``.
    """

    def __init__(self, observation_space: spaces.Space[Any], spec: TrunkSpec, trunk: Trunk | None = None) -> None:
        if not isinstance(observation_space, spaces.Box):
            raise SpaceMismatchError(
                f"trunks read Box observations, not {observation_space}. Flatten or wrap the environment."
            )
        built = trunk or spec.build(observation_space.shape)
        super().__init__(observation_space, built.features_dim)
        self.trunk = built
        self.start = 0
        """Index of the first stage to apply: more than 0 where observations are cached features."""

    def forward(self, observations: Tensor) -> Tensor:
        """(batch, *observation shape) -> (batch, features) float32."""
        return self.trunk(observations, self.start)  # type: ignore[no-any-return]


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
