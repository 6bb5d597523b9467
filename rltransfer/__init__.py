"""Transfer in deep reinforcement learning: sources, targets, methods, and answers with intervals.

Public names are imported on first use, so importing this package loads neither torch nor Gymnasium.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rltransfer.agents.artifact import load_agent as load_agent
    from rltransfer.agents.artifact import save as save
    from rltransfer.agents.feature_cache import FeatureCache as FeatureCache
    from rltransfer.agents.foreign import import_agent as import_agent
    from rltransfer.agents.making import make_agent as make_agent
    from rltransfer.agents.sb3_export import to_sb3 as to_sb3
    from rltransfer.agents.weights_import import import_weights as import_weights
    from rltransfer.errors import RLTransferError as RLTransferError
    from rltransfer.experiment import run_experiment as run_experiment
    from rltransfer.tasks.factor import Factor as Factor
    from rltransfer.tasks.family import Context as Context
    from rltransfer.tasks.family import Family as Family
    from rltransfer.tasks.family import Randomization as Randomization
    from rltransfer.tasks.family import Task as Task
    from rltransfer.tasks.making import make_env as make_env
    from rltransfer.tasks.single_env_family import SingleEnvFamily as SingleEnvFamily
    from rltransfer.training.evaluation import Evaluator as Evaluator
    from rltransfer.transfer.compose import Compose as Compose
    from rltransfer.transfer.method import TransferMethod as TransferMethod
    from rltransfer.transfer.methods.adapters import Adapters as Adapters
    from rltransfer.transfer.methods.adaptive_batch_norm import AdaptiveBatchNorm as AdaptiveBatchNorm
    from rltransfer.transfer.methods.augmentation import Augmentation as Augmentation
    from rltransfer.transfer.methods.behaviour_cloning import BehaviourCloning as BehaviourCloning
    from rltransfer.transfer.methods.contrastive import Contrastive as Contrastive
    from rltransfer.transfer.methods.coral import Coral as Coral
    from rltransfer.transfer.methods.coupling import Coupling as Coupling
    from rltransfer.transfer.methods.direct import Direct as Direct
    from rltransfer.transfer.methods.distillation import Distillation as Distillation
    from rltransfer.transfer.methods.domain_adversarial import DomainAdversarial as DomainAdversarial
    from rltransfer.transfer.methods.ewc import EWC as EWC
    from rltransfer.transfer.methods.finetune import Finetune as Finetune
    from rltransfer.transfer.methods.frozen import Frozen as Frozen
    from rltransfer.transfer.methods.gradual_unfreezing import GradualUnfreezing as GradualUnfreezing
    from rltransfer.transfer.methods.hard_sharing import HardSharing as HardSharing
    from rltransfer.transfer.methods.instances import Instances as Instances
    from rltransfer.transfer.methods.inverse_dynamics import InverseDynamics as InverseDynamics
    from rltransfer.transfer.methods.jump_start import JumpStart as JumpStart
    from rltransfer.transfer.methods.kickstarting import Kickstarting as Kickstarting
    from rltransfer.transfer.methods.mapped import Mapped as Mapped
    from rltransfer.transfer.methods.mmd import MMD as MMD
    from rltransfer.transfer.methods.progressive import Progressive as Progressive
    from rltransfer.transfer.methods.relations import Relations as Relations
    from rltransfer.transfer.methods.scratch import Scratch as Scratch
    from rltransfer.transfer.methods.shrink_perturb import ShrinkPerturb as ShrinkPerturb
    from rltransfer.transfer.methods.soft_sharing import SoftSharing as SoftSharing
    from rltransfer.transfer.methods.source_ensemble import SourceEnsemble as SourceEnsemble
    from rltransfer.transfer.methods.successor_features import SuccessorFeatures as SuccessorFeatures
    from rltransfer.transfer.methods.weight_interpolation import WeightInterpolation as WeightInterpolation
    from rltransfer.transfer.report import TransferReport as TransferReport
    from rltransfer.trunks.artifact import load_trunk as load_trunk
    from rltransfer.trunks.trunk import Trunk as Trunk

_NAMES = {
    "Adapters": "rltransfer.transfer.methods.adapters",
    "AdaptiveBatchNorm": "rltransfer.transfer.methods.adaptive_batch_norm",
    "Augmentation": "rltransfer.transfer.methods.augmentation",
    "BehaviourCloning": "rltransfer.transfer.methods.behaviour_cloning",
    "Compose": "rltransfer.transfer.compose",
    "Context": "rltransfer.tasks.family",
    "Contrastive": "rltransfer.transfer.methods.contrastive",
    "Coral": "rltransfer.transfer.methods.coral",
    "Coupling": "rltransfer.transfer.methods.coupling",
    "Direct": "rltransfer.transfer.methods.direct",
    "Distillation": "rltransfer.transfer.methods.distillation",
    "DomainAdversarial": "rltransfer.transfer.methods.domain_adversarial",
    "EWC": "rltransfer.transfer.methods.ewc",
    "Evaluator": "rltransfer.training.evaluation",
    "Factor": "rltransfer.tasks.factor",
    "Family": "rltransfer.tasks.family",
    "FeatureCache": "rltransfer.agents.feature_cache",
    "Finetune": "rltransfer.transfer.methods.finetune",
    "Frozen": "rltransfer.transfer.methods.frozen",
    "GradualUnfreezing": "rltransfer.transfer.methods.gradual_unfreezing",
    "HardSharing": "rltransfer.transfer.methods.hard_sharing",
    "Instances": "rltransfer.transfer.methods.instances",
    "InverseDynamics": "rltransfer.transfer.methods.inverse_dynamics",
    "JumpStart": "rltransfer.transfer.methods.jump_start",
    "Kickstarting": "rltransfer.transfer.methods.kickstarting",
    "MMD": "rltransfer.transfer.methods.mmd",
    "Mapped": "rltransfer.transfer.methods.mapped",
    "Progressive": "rltransfer.transfer.methods.progressive",
    "RLTransferError": "rltransfer.errors",
    "Randomization": "rltransfer.tasks.family",
    "Relations": "rltransfer.transfer.methods.relations",
    "Scratch": "rltransfer.transfer.methods.scratch",
    "ShrinkPerturb": "rltransfer.transfer.methods.shrink_perturb",
    "SingleEnvFamily": "rltransfer.tasks.single_env_family",
    "SoftSharing": "rltransfer.transfer.methods.soft_sharing",
    "SourceEnsemble": "rltransfer.transfer.methods.source_ensemble",
    "SuccessorFeatures": "rltransfer.transfer.methods.successor_features",
    "Task": "rltransfer.tasks.family",
    "TransferMethod": "rltransfer.transfer.method",
    "TransferReport": "rltransfer.transfer.report",
    "Trunk": "rltransfer.trunks.trunk",
    "WeightInterpolation": "rltransfer.transfer.methods.weight_interpolation",
    "import_agent": "rltransfer.agents.foreign",
    "import_weights": "rltransfer.agents.weights_import",
    "load_agent": "rltransfer.agents.artifact",
    "load_trunk": "rltransfer.trunks.artifact",
    "make_agent": "rltransfer.agents.making",
    "make_env": "rltransfer.tasks.making",
    "run_experiment": "rltransfer.experiment",
    "save": "rltransfer.agents.artifact",
    "to_sb3": "rltransfer.agents.sb3_export",
}

__all__ = ["__version__", *_NAMES]  # noqa: PLE0604

__getattr__, __dir__ = exported(__name__, _NAMES)
