"""Coupling: source and target go on learning together, each with weights of its own, held near the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rltransfer.transfer.kinds.held_weights import HeldWeights
from rltransfer.transfer.stages import StageValue

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class Coupling(HeldWeights):
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
    needs_source_env: ClassVar[bool] = True
    teaches_source: ClassVar[bool] = True

    strength: StageValue = 1e-3

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

        strengths = self.strengths(transfer)
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
        self.require_held(transfer, of_target)
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
