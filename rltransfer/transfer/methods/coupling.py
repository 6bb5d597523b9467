"""Coupling: source and target go on learning together, each with weights of its own, held near the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rltransfer.transfer.method import Decision, Knowledge, TransferMethod
from rltransfer.transfer.stages import StageValue, check_stage_names, for_stages, is_everywhere

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class Coupling(TransferMethod):
    """Both tasks learned in turn, with the penalty strength / 2 * ||w_target - w_source||^2 on both agents.

    In between hard sharing and learning apart: after each of the target's updates the source agent plays and learns
    for as many environment steps of its own task; each is pulled to where the other is at that moment. So each may
    leave the other where the tasks differ, and what both need is learned from both. Twice the cost of fine-tuning. The
    source agent is changed: give a copy where it is needed as it was. A source with a replay buffer acts by its policy
    until the buffer, which does not travel with an agent, is as full as its own ``learning_starts`` asks.

    The penalty's gradient joins each optimizer step as in ``soft_sharing``.

    Args:
        strength: one number for the trunk, or numbers by stage name and ``heads`` (0 where not named). 0 is
            fine-tuning, bit for bit, and the source does not go on learning; a very large one is nearly hard sharing.

    Source: Evgeniou and Pontil 2004, "Regularized Multi-Task Learning"; Duong et al. 2015, "Low Resource Dependency
    Parsing: Cross-lingual Parameter Sharing in a Neural Network Parser", which couples two networks' weights so. The
    strength is own choice, that of ``soft_sharing``.
    """

    registered: ClassVar[str] = "coupling"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    needs_source_env: ClassVar[bool] = True
    teaches_source: ClassVar[bool] = True
    acts_in_steps: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"how weights are held to the source's"})

    strength: StageValue = 1e-3

    @property
    def needs_steps(self) -> bool:
        """Where anything is held."""
        return not is_everywhere(self.strength, 0)

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise where ``strength`` names a stage that the trunk does not have."""
        check_stage_names("strength", self.strength, stage_names)

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits.

        Raises:
            NotApplicableError: the source agent has no environment.
        """
        from rltransfer.agents.joint import require_environment

        require_environment(transfer.source)
        transfer.carry_all()

    def hold(self, transfer: Attachment) -> None:
        """Pull each to the other, and let both learn in turn.

        Raises:
            NotApplicableError: nothing that was carried over goes on being learned.
        """
        from rltransfer.agents.anatomy import learned_parts, named_parts
        from rltransfer.agents.joint import learn_jointly
        from rltransfer.agents.optimizing import Anchor, pull
        from rltransfer.agents.updates import after_updates
        from rltransfer.transfer.kinds.held_weights import require_held

        strengths = for_stages(self.strength, transfer.stage_names, rest=0.0, heads=0.0)
        parts, theirs = named_parts(transfer.model), named_parts(transfer.source)
        counterparts, moved = transfer.ledger.carried(), learned_parts(transfer.source)
        of_target: list[Anchor] = []
        of_source: list[Anchor] = []
        for name in transfer.learned():
            strength, counterpart = strengths[transfer.stage(name)], counterparts[name]
            if strength and counterpart is not None:
                own, other = parts[name], theirs[counterpart]
                of_target.append(Anchor(parameter=own, at=other, strength=strength))
                if counterpart in moved:
                    of_source.append(Anchor(parameter=other, at=own, strength=strength))
                transfer.ledger.mark([name], "penalised", f"strength {strength:g}, to where the source is then")
        require_held(self, transfer, of_target, strengths)
        if of_target:
            pull(transfer.model, of_target)
            pull(transfer.source, of_source)
            learn_jointly(transfer.model, transfer.source)
            found = transfer.findings.setdefault(self.registered, {})

            def measure() -> None:
                squares = [
                    float((anchor.parameter.detach() - anchor.at.detach()).square().sum()) for anchor in of_target
                ]
                found["distance"] = sum(squares) ** 0.5

            after_updates(transfer.model, measure)
