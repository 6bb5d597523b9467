"""Small modules that learn, put into a source's trunk, which does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rltransfer.agents.anatomy import follow, named_parts, trunk_sites
from rltransfer.agents.draws import drawing_apart
from rltransfer.agents.optimizing import install_trunk
from rltransfer.trunks.adapters import adapted, adapters_of
from rltransfer.trunks.nested_specs import Adapted

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


def put_adapters(
    transfer: Attachment, kind: Literal["residual", "low_rank"], size: int, stages: tuple[str, ...]
) -> None:
    """Give the layers of ``stages`` adapters in every trunk copy; all else in the trunks stays as it was carried over.

    Stages that are frozen already stay so.
    """
    before = {id(parameter): name for name, parameter in named_parts(transfer.model).items()}
    for site in trunk_sites(transfer.model):
        old = site.trunk
        whole = stages == old.stage_names
        spec = Adapted(
            inner=old.spec,
            kind=kind,
            size=size,
            stages=None if whole else stages,
            precision=old.spec.precision,
        )
        with drawing_apart(transfer.model, "adapters"):
            trunk = adapted(spec, old)
        install_trunk(transfer.model, site, trunk)
        trunk.freeze_stages(old.frozen_stages)
        trunk.frozen_until = old.frozen_until
        trunk.keep_still(trunk.stage_names, but=adapters_of(trunk))
    after = {id(parameter): name for name, parameter in named_parts(transfer.model).items()}
    transfer.ledger.renamed({name: after[key] for key, name in before.items()})
    still = {name for name, parameter in named_parts(transfer.model).items() if not parameter.requires_grad}
    transfer.ledger.mark(still, "frozen")
    follow(transfer.model)
