"""Training on a budget and measuring on fixed episodes."""

from rltransfer.training.evaluation import Episodes, Evaluator
from rltransfer.training.training import Evaluation, Progress, train

__all__ = ["Episodes", "Evaluation", "Evaluator", "Progress", "train"]
