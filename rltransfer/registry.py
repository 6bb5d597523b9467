"""One generic registry: names to things, loaded on first use, open to third parties by entry point.

Built-in entries are written as ``"module:attribute"`` so that listing names, or validating a configuration,
imports nothing that the configuration does not name. Third parties add theirs by an entry point in the group
``rltransfer.<kind plural>``, for example::

    [project.entry-points."rltransfer.families"]
    warehouse = "my_package.warehouse:Warehouse"
"""

from __future__ import annotations

import difflib
import functools
import importlib
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Any, Generic, TypeVar, cast

from rltransfer.errors import ConfigError, UnknownNameError

T = TypeVar("T")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None where nothing is close (similarity under 0.6)."""
    matches = difflib.get_close_matches(str(name).lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


class Registry(Generic[T]):
    """Names of one kind of thing.

    Args:
        kind: what an entry is, as it stands in error messages (``"family"``).
        group: the entry-point group third parties register in (``"rltransfer.families"``).
        builtin: name to ``"module:attribute"``.
    """

    def __init__(self, kind: str, group: str, builtin: dict[str, str]) -> None:
        self.kind = kind
        self.group = group
        self._targets: dict[str, str] = dict(builtin)
        self._loaded: dict[str, T] = {}

    def register(self, name: str, thing: T) -> T:
        """Add ``thing`` under ``name`` for this process. Raises ConfigError where the name is taken."""
        if name in self.names():
            raise ConfigError(f"{self.kind} {name!r} is registered already. Choose another name.")
        self._loaded[name] = thing
        return thing

    def names(self) -> tuple[str, ...]:
        """Every known name, sorted; nothing is imported."""
        return tuple(sorted({*self._targets, *self._loaded, *self._entry_points}))

    def get(self, name: str) -> T:
        """The entry called ``name``, imported now if it was not yet.

        Raises:
            UnknownNameError: no entry has that name; the message suggests the nearest.
        """
        if name not in self._loaded:
            target = self._targets.get(name) or self._entry_points.get(name)
            if target is None:
                known = self.names()
                raise UnknownNameError(self.kind, name, known, nearest(name, known))
            module, _, attribute = target.partition(":")
            self._loaded[name] = cast(T, getattr(importlib.import_module(module), attribute))
        return self._loaded[name]

    def name_of(self, thing: T) -> str:
        """The name under which ``thing`` is registered. Raises UnknownNameError where it is not."""
        here = f"{getattr(thing, '__module__', '')}:{getattr(thing, '__qualname__', '')}"
        for name, loaded in self._loaded.items():
            if loaded is thing:
                return name
        for name, target in {**self._targets, **self._entry_points}.items():
            if target == here:  # without importing the others, one of which may be broken
                return name
        raise UnknownNameError(self.kind, getattr(thing, "__name__", str(thing)), self.names())

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    @functools.cached_property
    def _entry_points(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for point in metadata.entry_points(group=self.group):
            name = re.sub(r"\s+", "", point.name)
            if name in self._targets or found.get(name, point.value) != point.value:
                raise ConfigError(
                    f"two packages register the {self.kind} {name!r} ({point.value} is one of them). Uninstall one."
                )
            found[name] = point.value
        return found


# The registries. What they name must import without torch: a configuration is validated before torch loads.
FAMILIES: Registry[Any] = Registry("family", "rltransfer.families", {})
"""Environment families: instances of ``rltransfer.tasks.Family``. Built-in ones come by entry point too."""

TRUNKS: Registry[Any] = Registry(
    "trunk",
    "rltransfer.trunks",
    {
        "nature": "rltransfer.trunks.specs:Nature",
        "impala": "rltransfer.trunks.specs:Impala",
        "grid": "rltransfer.trunks.specs:Grid",
        "relational": "rltransfer.trunks.specs:Relational",
        "mlp": "rltransfer.trunks.specs:MLP",
        "flatten": "rltransfer.trunks.specs:Flatten",
        "efficientnet_lite0": "rltransfer.trunks.published_specs:EfficientNetLite0",
        "pattern": "rltransfer.trunks.pattern_spec:Pattern",
        "vgg11": "rltransfer.trunks.published_specs:VGG11",
        "vgg13": "rltransfer.trunks.published_specs:VGG13",
        "vgg16": "rltransfer.trunks.published_specs:VGG16",
        "vgg19": "rltransfer.trunks.published_specs:VGG19",
        "resnet18": "rltransfer.trunks.published_specs:ResNet18",
        "resnet50": "rltransfer.trunks.published_specs:ResNet50",
        "ensemble": "rltransfer.trunks.nested_specs:Ensemble",
        "adapted": "rltransfer.trunks.nested_specs:Adapted",
        "progressive": "rltransfer.trunks.nested_specs:Progressive",
    },
)
"""Trunk architectures: subclasses of ``rltransfer.trunks.specs.TrunkSpec``."""

ALGORITHMS: Registry[Any] = Registry(
    "algorithm",
    "rltransfer.algorithms",
    {
        "ppo": "rltransfer.agents.algorithms:PPO",
        "a2c": "rltransfer.agents.algorithms:A2C",
        "dqn": "rltransfer.agents.algorithms:DQN",
        "sac": "rltransfer.agents.algorithms:SAC",
        "td3": "rltransfer.agents.algorithms:TD3",
        "ddpg": "rltransfer.agents.algorithms:DDPG",
        "qr_dqn": "rltransfer.agents.algorithms:QRDQN",
        "successor_dqn": "rltransfer.agents.algorithms:SuccessorDQN",
        "tqc": "rltransfer.agents.algorithms:TQC",
        "trpo": "rltransfer.agents.algorithms:TRPO",
        "recurrent_ppo": "rltransfer.agents.algorithms:RecurrentPPO",
        "crossq": "rltransfer.agents.algorithms:CrossQ",
        "classifier": "rltransfer.agents.algorithms:Classifier",
    },
)
"""Learning algorithms: subclasses of ``rltransfer.agents.algorithms.Algorithm``."""

METHODS: Registry[Any] = Registry(
    "method",
    "rltransfer.methods",
    {
        "scratch": "rltransfer.transfer.methods.scratch:Scratch",
        "direct": "rltransfer.transfer.methods.direct:Direct",
        "finetune": "rltransfer.transfer.methods.finetune:Finetune",
        "ewc": "rltransfer.transfer.methods.ewc:EWC",
        "frozen": "rltransfer.transfer.methods.frozen:Frozen",
        "gradual_unfreezing": "rltransfer.transfer.methods.gradual_unfreezing:GradualUnfreezing",
        "shrink_perturb": "rltransfer.transfer.methods.shrink_perturb:ShrinkPerturb",
        "weight_interpolation": "rltransfer.transfer.methods.weight_interpolation:WeightInterpolation",
        "coupling": "rltransfer.transfer.methods.coupling:Coupling",
        "soft_sharing": "rltransfer.transfer.methods.soft_sharing:SoftSharing",
        "hard_sharing": "rltransfer.transfer.methods.hard_sharing:HardSharing",
        "contrastive": "rltransfer.transfer.methods.contrastive:Contrastive",
        "inverse_dynamics": "rltransfer.transfer.methods.inverse_dynamics:InverseDynamics",
        "instances": "rltransfer.transfer.methods.instances:Instances",
        "relations": "rltransfer.transfer.methods.relations:Relations",
        "kickstarting": "rltransfer.transfer.methods.kickstarting:Kickstarting",
        "mmd": "rltransfer.transfer.methods.mmd:MMD",
        "coral": "rltransfer.transfer.methods.coral:Coral",
        "domain_adversarial": "rltransfer.transfer.methods.domain_adversarial:DomainAdversarial",
        "adapters": "rltransfer.transfer.methods.adapters:Adapters",
        "progressive": "rltransfer.transfer.methods.progressive:Progressive",
        "source_ensemble": "rltransfer.transfer.methods.source_ensemble:SourceEnsemble",
        "adaptive_batch_norm": "rltransfer.transfer.methods.adaptive_batch_norm:AdaptiveBatchNorm",
        "distillation": "rltransfer.transfer.methods.distillation:Distillation",
        "successor_features": "rltransfer.transfer.methods.successor_features:SuccessorFeatures",
        "behaviour_cloning": "rltransfer.transfer.methods.behaviour_cloning:BehaviourCloning",
        "jump_start": "rltransfer.transfer.methods.jump_start:JumpStart",
        "augmentation": "rltransfer.transfer.methods.augmentation:Augmentation",
        "mapped": "rltransfer.transfer.methods.mapped:Mapped",
        "compose": "rltransfer.transfer.compose:Compose",
    },
)
"""Transfer methods: subclasses of ``rltransfer.transfer.TransferMethod``."""

WRAPPERS: Registry[Any] = Registry(
    "wrapper",
    "rltransfer.wrappers",
    {
        name: f"rltransfer.tasks.wrappers:{attribute}"
        for name, attribute in {
            "clip_reward": "ClipReward",
            "frame_stack": "FrameStack",
            "grayscale": "Grayscale",
            "pixels": "Pixels",
            "rescale_action": "RescaleAction",
            "resize": "Resize",
            "time_limit": "TimeLimit",
        }.items()
    },
)
"""Wrappers that an ad-hoc family may name: subclasses of ``rltransfer.tasks.wrappers.WrapperSpec``."""

IMAGE_DATA: Registry[Any] = Registry(
    "data format",
    "rltransfer.image_data",
    {
        "digits": "rltransfer.images.data.packaged:Digits",
        "folders": "rltransfer.images.data.folders:Folders",
        "frames": "rltransfer.images.data.frames:Frames",
        "hdf5": "rltransfer.images.data.hdf5:Hdf5",
        "matlab": "rltransfer.images.data.matlab:Matlab",
        "mnist": "rltransfer.images.data.packaged:Mnist",
        "npz": "rltransfer.images.data.npz:Npz",
        "omniglot": "rltransfer.images.data.omniglot:Omniglot",
        "sentiment": "rltransfer.images.data.sentiment:Sentiment",
        "table": "rltransfer.images.data.table:Table",
    },
)
"""Formats of labelled data: subclasses of ``rltransfer.images.data.DataSpec``."""
