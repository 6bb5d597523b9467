"""How much an experiment will run, before it runs."""

from __future__ import annotations

from dataclasses import dataclass

from rltransfer.config.experiment_config import ExperimentConfig

_UNITS = {"agents": "environment steps", "images": "examples"}


@dataclass(frozen=True, kw_only=True)
class ExperimentSize:
    """Counts of an experiment.

    Args:
        unit: what steps are: environment steps, or examples learned from.
        source_unit: what the source's are.
        num_targets: targets.
        num_methods: methods, the control among them.
        num_seeds: seeds.
        num_source_agents: source agents to train: one a seed, or none where a trained one is given.
        source_steps: environment steps of training source agents, summed over seeds.
        target_steps: environment steps of all target trials; methods that do not train take none, those that go on
            playing the source as many again.
    """

    unit: str
    source_unit: str
    num_targets: int
    num_methods: int
    num_seeds: int
    num_source_agents: int
    source_steps: int
    target_steps: int

    @property
    def num_trials(self) -> int:
        """Target trials."""
        return self.num_targets * self.num_methods * self.num_seeds

    def __str__(self) -> str:
        if not self.num_targets:
            agents = _counted(self.num_source_agents, "source agent")
            return f"{agents}, no targets\n{self.source_steps:,} {self.source_unit}"
        counts = (
            f"{_counted(self.num_targets, 'target')} x {_counted(self.num_methods, 'method')}"
            f" x {_counted(self.num_seeds, 'seed')} = up to {_counted(self.num_trials, 'trial')}"
        )
        agents = _counted(self.num_source_agents, "source agent") if self.num_source_agents else "a given source agent"
        if self.source_unit != self.unit:
            source, target = f"{self.source_steps:,} {self.source_unit}", f"{self.target_steps:,} {self.unit}"
            return f"{counts}, after {agents}\n{source} of the source, {target} of targets"
        total = self.source_steps + self.target_steps
        return (
            f"{counts}, after {agents}\n"
            f"{total:,} {self.unit}: {self.source_steps:,} source, {self.target_steps:,} target"
        )


def size_of(config: ExperimentConfig) -> ExperimentSize:
    """Trials and environment steps of ``config``; evaluation episodes are not counted."""
    num_seeds, num_targets = len(config.seeds), len(config.targets)
    num_training = sum(method.trains + method.changes_source for method in config.methods)
    return ExperimentSize(
        unit=_UNITS[config.kind],
        source_unit=_UNITS[config.source_kind if config.source.is_trained else config.kind],
        num_targets=num_targets,
        num_methods=len(config.methods),
        num_seeds=num_seeds,
        num_source_agents=num_seeds if config.source.budget else 0,
        source_steps=(config.source.budget or 0) * num_seeds,
        target_steps=num_targets * num_training * num_seeds * config.budget,
    )


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
