"""Training on a budget and measuring on fixed episodes."""

from rltransfer.training.evaluation import Episodes, Evaluator
from rltransfer.training.example_evaluation import evaluator_for
from rltransfer.training.training import Evaluation, Progress, train

__all__ = ["Episodes", "Evaluation", "Evaluator", "Progress", "evaluator_for", "train"]
