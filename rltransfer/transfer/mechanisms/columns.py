"""Whole trunks of source agents built into the target's, beside what it learns."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from rltransfer.agents.anatomy import follow, trunk_of, trunk_sites
from rltransfer.agents.draws import drawing_apart
from rltransfer.agents.optimizing import install_trunk
from rltransfer.agents.updates import after_updates
from rltransfer.errors import NotApplicableError
from rltransfer.trunks.ensemble import Mixture, ensemble_of
from rltransfer.trunks.nested_specs import Ensemble, Progressive
from rltransfer.trunks.progressive import Columns, alike, progressive_of
from rltransfer.trunks.trunk import Trunk

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.transfer.attaching import Attachment


def source_trunks(transfer: Attachment, beside: Mapping[str, BaseAlgorithm]) -> dict[str, Trunk]:
    """The acting trunk of the source and of each agent beside it, by name; none of them is to be changed.

    Raises:
        NotApplicableError: one does not read the target's observations.
    """
    ours = trunk_of(transfer.model)
    trunks = {"source": trunk_of(transfer.source), **{name: trunk_of(agent) for name, agent in beside.items()}}
    for name, trunk in trunks.items():
        if trunk.input_shape != ours.input_shape:
            raise NotApplicableError(
                f"the trunk of {name} reads observations of shape {trunk.input_shape}, the target's {ours.input_shape}"
            )
    return trunks


def put_in_ensemble(
    transfer: Attachment, beside: Mapping[str, BaseAlgorithm], *, fresh: bool, temperature: float
) -> None:
    """Let copies of the sources' trunks, frozen, be members of an ensemble in the place of each trunk of the target.

    Args:
        transfer: whose model's optimizers are to be rebuilt afterwards.
        beside: further source agents by name.
        fresh: whether the trunk that is there now becomes the last member, and goes on learning.
        temperature: see ``Ensemble``.
    """
    sources = source_trunks(transfer, beside)
    wanted = trunk_of(transfer.model).features_dim
    for name, source in sources.items():
        if source.features_dim != wanted:
            raise NotApplicableError(
                f"the trunk of {name} gives {source.features_dim} features, and the target's {wanted}"
            )
    for site in trunk_sites(transfer.model):
        members = [copy.deepcopy(trunk) for trunk in sources.values()] + ([site.trunk] if fresh else [])
        spec = Ensemble(
            members=tuple(member.spec for member in members),
            temperature=temperature,
            precision=site.trunk.spec.precision,
        )
        trunk = ensemble_of(spec, [member.to(site.trunk.device) for member in members])
        install_trunk(transfer.model, site, trunk)
        trunk.keep_still(f"members.{number}" for number in range(len(sources)))
        if not fresh:
            trunk.freeze("mixture")
    transfer.ledger.renew()
    note_columns(transfer, {name: f"members.{number}" for number, name in enumerate(sources)})
    follow(transfer.model)


def put_in_columns(transfer: Attachment, beside: Mapping[str, BaseAlgorithm], *, strength: float) -> None:
    """Let each trunk of the target be the last of progressive columns, before it copies of the sources', frozen.

    Args:
        transfer: whose model's optimizers are to be rebuilt afterwards.
        beside: further source agents by name.
        strength: see ``Progressive``.

    Raises:
        NotApplicableError: a source's trunk is of another architecture or reads something else, or no stage has a
            layer that lateral connections could reach.
    """
    sources = source_trunks(transfer, beside)
    for name, source in sources.items():
        if not alike(source, trunk_of(transfer.model)):
            raise NotApplicableError(f"columns are of one architecture, and the trunk of {name} is of another")
    for site in trunk_sites(transfer.model):
        columns = [*(copy.deepcopy(trunk).to(site.trunk.device) for trunk in sources.values()), site.trunk]
        spec = Progressive(
            columns=tuple(column.spec for column in columns), strength=strength, precision=site.trunk.spec.precision
        )
        with drawing_apart(transfer.model, "lateral connections"):
            trunk = progressive_of(spec, columns)
        if strength and not cast(Columns, trunk.stages["columns"]).laterals:
            raise NotApplicableError(
                f"no layer after the first stage, {columns[-1].stage_names[0]}, could read what the sources' give. "
                "Give the trunk more stages."
            )
        install_trunk(transfer.model, site, trunk)
        trunk.keep_still(["columns.others"])
    transfer.ledger.renew()
    note_columns(transfer, {name: f"columns.others.{number}" for number, name in enumerate(sources)})
    follow(transfer.model)


def note_columns(transfer: Attachment, places: Mapping[str, str]) -> None:
    """Write down that the trunks of the source and of the agents beside it stand, frozen, within the target's.

    Args:
        transfer: whose ledger to write into.
        places: ``"source"`` or another agent's name -> the module that its trunk is now, below the trunk's stages.
    """
    theirs = {name for _, name, _ in trunk_of(transfer.source).named_stage_parameters()}
    for number, site in enumerate(trunk_sites(transfer.model)):
        prefix = "trunk" if number == 0 else site.path
        for _, name, _ in site.trunk.named_stage_parameters():
            for agent, place in places.items():
                inner = name.removeprefix(f"{place}.")
                if inner == name:
                    continue
                if agent == "source" and inner in theirs:
                    transfer.ledger.note(f"{prefix}.{name}", "frozen", f"trunk.{inner}")
                else:
                    transfer.ledger.note(f"{prefix}.{name}", "frozen", None, f"of {agent}")


def report_mixture(transfer: Attachment, members: Sequence[str]) -> None:
    """Keep the weights of the target's ensembles among the findings and in its log, as they are after each update."""
    mixtures = {
        "mixture" if number == 0 else f"mixture of {site.path}": site.trunk.stages["mixture"]
        for number, site in enumerate(trunk_sites(transfer.model))
        if site.role == "online"
    }

    def write(*, log: bool = True) -> None:
        for what, mixture in mixtures.items():
            assert isinstance(mixture, Mixture)
            weights = dict(zip(members, mixture.weights.tolist(), strict=True))
            transfer.findings[what] = {name: round(weight, 4) for name, weight in weights.items()}
            for name, weight in weights.items() if log else ():
                transfer.model.logger.record(f"transfer/{what}/{name}", weight)

    write(log=False)
    after_updates(transfer.model, write)


def report_laterals(transfer: Attachment) -> None:
    """Keep what the acting trunk multiplies the sources' outputs by among the findings, as it is after each update."""
    columns = trunk_of(transfer.model).stages["columns"]
    assert isinstance(columns, Columns)

    def write() -> None:
        transfer.findings["laterals"] = {
            name: [round(strength, 4) for strength in lateral.get_parameter("strengths").tolist()]
            for name, lateral in columns.laterals.items()
        }

    write()
    after_updates(transfer.model, write)
