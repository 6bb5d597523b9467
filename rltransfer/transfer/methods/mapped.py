"""Inter-task mappings: what of the source's actions and observations stands for what of the target's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import pydantic

from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer.inter_task import InterTaskMaps
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gymnasium import Space

    from rltransfer.agents.algorithms import Algorithm
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment


class Mapped(TransferMethod):
    """Fine-tuning across other actions and observations, with what corresponds copied and the rest fresh.

    A head gives, judges or reads each action by numbers of its own, and a first layer reads each channel or entry by
    numbers of its own: those of what corresponds are copied, in every network. With nothing to say it is fine-tuning.

    Args:
        actions: `{target: source}` by number, or by dimension of continuous actions; one source action may stand for
            several. `shared` maps actions of the same name, where the family names them. `learned` keeps the
            target's rows combinations of the source's, so that a linear map from the source's actions to the
            target's is what is learned of them; it may go from choices to continuous actions. Where null, actions
            are copied where the spaces agree.
        observations: `{target: source}` by channel of pictures or entry of vectors. What the source never saw begins
            fresh; a source channel that stands for several is divided among them.
        first_stage: `copy`, or `fresh`: the trunk's first stage sees anew, and the rest is copied.

    Source: Taylor, Stone and Liu 2007, "Transfer Learning via Inter-Task Mappings for Temporal Difference Learning",
    on mappings of state variables and actions; by names, learned, and within networks is own choice.
    """

    registered: ClassVar[str] = "mapped"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    unserved: ClassVar[Mapping[str, str]] = {
        "crossq": "it normalises actions and features together, so neither can be mapped alone"
    }

    actions: dict[int, int] | Literal["shared", "learned"] | None = None
    observations: dict[int, int] | None = None
    first_stage: Literal["copy", "fresh"] = "copy"

    @property
    def needs_steps(self) -> bool:
        """Where rows of actions are put back after each step."""
        return self.actions == "learned"

    @pydantic.model_validator(mode="after")
    def _holds(self) -> Mapped:
        for name, mapping in (("actions", self.actions), ("observations", self.observations)):
            if isinstance(mapping, dict) and (not mapping or min(*mapping, *mapping.values()) < 0):
                raise ValueError(f"{name}: a mapping needs one entry or more, of numbers from 0")
        if self.observations is not None and self.first_stage == "fresh":
            raise ValueError("a first stage that begins fresh has no use for a mapping of observations. Drop one.")
        return self

    def refusal(self, algorithm: type[Algorithm] | None) -> str | None:
        """Where nothing is mapped, every algorithm is served."""
        return None if self.actions is None and self.observations is None else super().refusal(algorithm)

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise ConfigError where nothing would be left of the trunk."""
        if self.first_stage == "fresh" and len(stage_names) == 1:
            raise ConfigError(f"{stage_names[0]!r} is the trunk's only stage: with it fresh, nothing is carried over")

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` leaves no place for the mapping."""
        if self.actions is not None and getattr(other, "heads", None) == "reinit":
            raise ConfigError(f"{other.label} begins heads afresh, and {self.label} maps the actions in them")
        sees_otherwise = self.observations is not None or self.first_stage == "fresh"
        if sees_otherwise and "how the trunk is built" in other.decides:
            raise ConfigError(
                f"{other.label} takes the source's trunk as it is, and {self.label} changes what it reads"
            )

    def carried_stages(self, stage_names: tuple[str, ...]) -> tuple[str, ...]:
        """All, or all but the first."""
        return stage_names[1:] if self.first_stage == "fresh" else stage_names

    def check(self, diff: SpaceDiff) -> None:
        """Mappings that name what is there, between spaces that can be mapped."""
        if self.observations is not None:
            sizes = _entries(diff)
            _require_within("observations", self.observations, *sizes)
        if self.actions == "shared" and not diff.action_equal:
            self._shared(diff)
        if isinstance(self.actions, dict):
            source, target = diff.action
            if type(source) is not type(target):
                raise NotApplicableError(
                    f"no action of {source} stands for one of {target}. Give actions: learned, or leave it out."
                )
            _require_within("actions", self.actions, _count(source), _count(target))

    def maps(self, diff: SpaceDiff) -> InterTaskMaps | None:
        """Both maps as numbers."""
        actions = self.actions if isinstance(self.actions, dict) else None
        if self.actions == "shared" and not diff.action_equal:
            actions = self._shared(diff)
        elif self.actions == "learned":
            actions = {}
        if actions is None and self.observations is None:
            return None
        return InterTaskMaps(actions=actions, observations=self.observations)

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits or is mapped."""
        from rltransfer.agents.axes import labelled

        for agent in (transfer.model, transfer.source) if self.observations is not None else ():
            if not any("observations" in block.axes for blocks in labelled(agent).values() for block in blocks):
                raise NotApplicableError(
                    "its first layer reads no channels or entries as they are: map no observations"
                )
        transfer.carry_all()
        if self.actions == "learned":
            from rltransfer.transfer.mechanisms.action_span import begin_in_span

            begin_in_span(transfer.ledger)

    def hold(self, transfer: Attachment) -> None:
        """Keep a learned mapping a mapping."""
        if self.actions == "learned":
            from rltransfer.transfer.mechanisms.action_span import keep_in_span

            keep_in_span(transfer.model, transfer.source, transfer.findings)

    def _shared(self, diff: SpaceDiff) -> dict[int, int]:
        """Target action to source action of the same name."""
        source, target = diff.action_meanings
        if source is None or target is None:
            raise NotApplicableError("the actions have no names to go by. Give actions: {target: source}.")
        found = {number: source.index(name) for number, name in enumerate(target) if name in source}
        if not found:
            raise NotApplicableError(f"no action of the target ({', '.join(target)}) is one of {', '.join(source)}")
        return found


def _entries(diff: SpaceDiff) -> tuple[int, int]:
    """(source, target): channels of pictures, or entries of vectors."""
    from rltransfer.tasks.perceived import perceived
    from rltransfer.tasks.vec_env import channels_first

    source, target = (perceived(channels_first(space)).shape for space in diff.observation)
    if len(source) != len(target):
        raise NotApplicableError(f"observations of shape {source} cannot be mapped to {target}: one is no picture")
    return source[0], target[0]


def _count(space: Space[object]) -> int:
    from rltransfer.agents.axes import action_count

    return action_count(space)


def _require_within(name: str, mapping: dict[int, int], source: int, target: int) -> None:
    if max(mapping) >= target or max(mapping.values()) >= source:
        raise NotApplicableError(
            f"{name} maps up to {max(mapping)} from {max(mapping.values())}; the source has {source} (0 to "
            f"{source - 1}), the target {target}"
        )
