"""Transfer methods: one file each, settings and mechanism together. Importing them loads no torch."""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported
from rltransfer.transfer.compose import Compose
from rltransfer.transfer.method import TransferMethod
from rltransfer.transfer.methods.adapters import Adapters
from rltransfer.transfer.methods.adaptive_batch_norm import AdaptiveBatchNorm
from rltransfer.transfer.methods.augmentation import Augmentation
from rltransfer.transfer.methods.behaviour_cloning import BehaviourCloning
from rltransfer.transfer.methods.contrastive import Contrastive
from rltransfer.transfer.methods.coral import Coral
from rltransfer.transfer.methods.coupling import Coupling
from rltransfer.transfer.methods.direct import Direct
from rltransfer.transfer.methods.distillation import Distillation
from rltransfer.transfer.methods.domain_adversarial import DomainAdversarial
from rltransfer.transfer.methods.ewc import EWC
from rltransfer.transfer.methods.finetune import Finetune
from rltransfer.transfer.methods.frozen import Frozen
from rltransfer.transfer.methods.gradual_unfreezing import GradualUnfreezing
from rltransfer.transfer.methods.hard_sharing import HardSharing
from rltransfer.transfer.methods.instances import Instances
from rltransfer.transfer.methods.inverse_dynamics import InverseDynamics
from rltransfer.transfer.methods.jump_start import JumpStart
from rltransfer.transfer.methods.kickstarting import Kickstarting
from rltransfer.transfer.methods.mapped import Mapped
from rltransfer.transfer.methods.mmd import MMD
from rltransfer.transfer.methods.progressive import Progressive
from rltransfer.transfer.methods.relations import Relations
from rltransfer.transfer.methods.scratch import Scratch
from rltransfer.transfer.methods.shrink_perturb import ShrinkPerturb
from rltransfer.transfer.methods.soft_sharing import SoftSharing
from rltransfer.transfer.methods.source_ensemble import SourceEnsemble
from rltransfer.transfer.methods.successor_features import SuccessorFeatures
from rltransfer.transfer.methods.weight_interpolation import WeightInterpolation

if TYPE_CHECKING:
    from rltransfer.transfer.report import TransferReport as TransferReport

__all__ = [
    "EWC",
    "MMD",
    "Adapters",
    "AdaptiveBatchNorm",
    "Augmentation",
    "BehaviourCloning",
    "Compose",
    "Contrastive",
    "Coral",
    "Coupling",
    "Direct",
    "Distillation",
    "DomainAdversarial",
    "Finetune",
    "Frozen",
    "GradualUnfreezing",
    "HardSharing",
    "Instances",
    "InverseDynamics",
    "JumpStart",
    "Kickstarting",
    "Mapped",
    "Progressive",
    "Relations",
    "Scratch",
    "ShrinkPerturb",
    "SoftSharing",
    "SourceEnsemble",
    "SuccessorFeatures",
    "TransferMethod",
    "WeightInterpolation",
]

__getattr__, __dir__ = exported(__name__, {"TransferReport": "rltransfer.transfer.report"})
