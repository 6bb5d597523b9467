"""How a policy's tensors are called by Stable-Baselines3, and what it says of its layers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from rltransfer.errors import ArtifactError
from rltransfer.trunks.specs import Flatten, Nature, TrunkSpec

_NATURE_CNN = {"cnn.0": "conv1.0", "cnn.2": "conv2.0", "cnn.4": "conv3.0", "linear.0": "fc.1"}
"""Layers of ``NatureCNN``, and of our trunk."""
_STAGES = "trunk.stages."
_STACK = re.compile(
    r"(?P<stack>mlp_extractor\.(?:policy|value)_net|q_net\.q_net|quantile_net\.quantile_net|actor\.(?:latent_pi|mu)"
    r"|critic\.qf\d+)\.(?P<layer>\d+)\.weight$"
)
"""A weight in a stack of layers after the features; those of target networks are as many."""
_ENDS_IN_HIDDEN = ("mlp_extractor.policy_net", "mlp_extractor.value_net", "actor.latent_pi")


def from_sb3(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under the names that they have on our trunks."""
    for theirs, ours in _NATURE_CNN.items():
        pattern = re.compile(rf"(features_extractor\.){re.escape(theirs)}\.")
        weights = {pattern.sub(rf"\g<1>{_STAGES}{ours}.", name): value for name, value in weights.items()}
    return dict(weights)


def to_sb3_names(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The reverse of ``from_sb3``."""
    for theirs, ours in _NATURE_CNN.items():
        old, new = f"features_extractor.{_STAGES}{ours}.", f"features_extractor.{theirs}."
        weights = {name.replace(old, new): value for name, value in weights.items()}
    return dict(weights)


_MLP_LAYER = re.compile(
    r"(?P<network>.*?)(?:pi_|vf_)?features_extractor\.trunk\.stages\.fc(?P<layer>\d+)\.\d+\.(?P<kind>weight|bias)$"
)
_AFTER_FEATURES = re.compile(
    r"(?P<stack>mlp_extractor\.(?:policy|value)_net|(?:q|quantile)_net(?:_target)?\.(?:q|quantile)_net)"
    r"\.(?P<layer>\d+)\.(?P<kind>weight|bias)$"
)


def trunk_as_heads(weights: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """The weights of an agent on the trunk ``mlp`` as those of an ``MlpPolicy``, whose layers all stand in its heads.

    Args:
        weights: of a policy with actions or their values as outputs. Where policy and value share the trunk, each is
            given it.
        layers: of the trunk.
    """
    moved: dict[str, Tensor] = {}
    for name, value in weights.items():
        if inside := _MLP_LAYER.match(name):
            network = inside["network"]
            towers = (f"{network}{network.removesuffix('.').removesuffix('_target')}",)
            for stack in towers if network else _ENDS_IN_HIDDEN[:2]:
                moved[f"{stack}.{2 * (int(inside['layer']) - 1)}.{inside['kind']}"] = value
        elif behind := _AFTER_FEATURES.match(name):
            moved[f"{behind['stack']}.{int(behind['layer']) + 2 * layers}.{behind['kind']}"] = value
        else:
            moved[name] = value
    return moved


def trunk_in(weights: Mapping[str, Tensor]) -> TrunkSpec | None:
    """The trunk that a policy's features extractor is; None where it is one of the user's own."""
    extractor = {n.rpartition("features_extractor.")[2]: t for n, t in weights.items() if "features_extractor." in n}
    if not extractor:
        return Flatten()
    if set(extractor) == {f"{layer}.{kind}" for layer in _NATURE_CNN for kind in ("weight", "bias")}:
        return Nature(features=len(extractor["linear.0.bias"]), precision="float32")
    return None


def hidden_widths(weights: Mapping[str, Tensor], name: str) -> tuple[int, ...]:
    """``net_arch``: the widths of the layers between features and outputs.

    Args:
        weights: of the policy.
        name: of the file, for errors.

    Raises:
        ArtifactError: actor and critic, or policy and value, have hidden layers that differ.
    """
    stacks: dict[str, list[tuple[int, int]]] = {}
    for tensor_name, tensor in weights.items():
        found = _STACK.match(tensor_name)
        if found and tensor.dim() == 2:  # those of batch normalisation have one dimension
            stacks.setdefault(found["stack"], []).append((int(found["layer"]), len(tensor)))
    hidden = {}
    for stack, layers in stacks.items():
        widths = [width for _, width in sorted(layers)]
        if stack == "actor.mu" or stack not in _ENDS_IN_HIDDEN:
            widths.pop()
        hidden[stack] = tuple(widths)
    if any(stack.startswith("mlp_extractor.") for stack in hidden):  # one of the two may have no layer
        hidden = {stack: hidden.get(stack, ()) for stack in _ENDS_IN_HIDDEN[:2]}
    if len(set(hidden.values())) > 1:
        found_ones = ", ".join(f"{list(widths)} in {stack}" for stack, widths in hidden.items())
        raise ArtifactError(f"{name}: its hidden layers differ ({found_ones}); agents here have one net_arch")
    return next(iter(hidden.values()), ())
