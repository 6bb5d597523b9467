"""VGG networks."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

from rltransfer.trunks.layers import Standardize, draw_for_relus, scaled
from rltransfer.trunks.pretrained import give_file
from rltransfer.trunks.published_specs import VGG
from rltransfer.trunks.trunk import Trunk, require_image

CHANNELS = (64, 128, 256, 512, 512)
"""Of each block's convolutions."""
TORCHVISION = {
    f"classifier.{place}.{part}": f"pre_logits.{name}.{part}"
    for place, name in ((0, "fc1"), (3, "fc2"))
    for part in ("weight", "bias")
}
"""``timm``'s names by torchvision's, whose fully connected layers hold the same numbers in the same order."""


def build_vgg(spec: VGG, input_shape: tuple[int, ...]) -> Trunk:
    """Five blocks that end in 2x2 max-pooling, and two fully connected layers.

    Raises:
        SpaceMismatchError: not an image, or smaller than 32 x 32, which the blocks would halve below one pixel.
        ArtifactError: see ``VGG.build``.
        ConfigError: see ``VGG.build``.
    """
    channels, height, width = require_image("vgg", input_shape, 32)
    stages: dict[str, nn.Module] = {}
    inputs = channels
    for number, (full, count) in enumerate(zip(CHANNELS, spec.convolutions, strict=True), start=1):
        layers = OrderedDict[str, nn.Module]()
        if number == 1:
            layers["standardize"] = Standardize(spec.preprocessing, channels)
        for at in range(1, count + 1):
            outputs = scaled(full, spec.width)
            layers[f"conv{at}"] = nn.Conv2d(inputs, outputs, 3, padding=1)
            if spec.batch_norm:
                layers[f"norm{at}"] = nn.BatchNorm2d(outputs)
            layers[f"act{at}"] = nn.ReLU()
            inputs = outputs
        layers["pool"] = nn.MaxPool2d(2)
        stages[f"block{number}"] = nn.Sequential(layers)
    layers = OrderedDict[str, nn.Module]()
    if (height // 32, width // 32) != (spec.pool, spec.pool):
        layers["pool"] = nn.AdaptiveAvgPool2d(spec.pool)
    layers.update(flatten=nn.Flatten(), fc=nn.Linear(inputs * spec.pool**2, spec.features), act=nn.ReLU())
    stages["fc6"] = nn.Sequential(layers)
    stages["fc7"] = nn.Sequential(OrderedDict(fc=nn.Linear(spec.features, spec.features), act=nn.ReLU()))
    trunk = Trunk(spec, input_shape, stages)
    draw_for_relus(trunk.stages)
    give_file(trunk.stages, spec.weights, published_names(spec), others=TORCHVISION)
    return trunk


def published_names(spec: VGG) -> dict[str, str]:
    """``timm``'s name of each tensor of the trunk, by the trunk's name below its stages.

    ``features`` counts convolutions, activations and pooling; the fully connected layers are convolutions there, of
    7x7 and 1x1, with as many numbers in the same order.
    """
    names: dict[str, str] = {}
    place = 0
    for number, count in enumerate(spec.convolutions, start=1):
        for at in range(1, count + 1):
            names |= {f"block{number}.conv{at}.{part}": f"features.{place}.{part}" for part in ("weight", "bias")}
            place += 1
            if spec.batch_norm:
                parts = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
                names |= {f"block{number}.norm{at}.{part}": f"features.{place}.{part}" for part in parts}
                place += 1
            place += 1
        place += 1
    for own, published in (("fc6.fc", "pre_logits.fc1"), ("fc7.fc", "pre_logits.fc2")):
        names |= {f"{own}.{part}": f"{published}.{part}" for part in ("weight", "bias")}
    return names
