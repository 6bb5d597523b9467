"""Carrying weights from a source agent into a target learner."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Literal, NamedTuple, TypeAlias

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import adopt, raw_space
from rltransfer.agents.anatomy import (
    TEMPERATURE,
    TrunkSite,
    acts,
    follow,
    heads,
    named_parts,
    policy_of,
    task_of,
    trunk_of,
    trunk_sites,
)
from rltransfer.agents.axes import Block, labelled
from rltransfer.agents.extractor import TrunkExtractor
from rltransfer.agents.normalizing import WHOLE, statistics_of
from rltransfer.agents.optimizing import exchange
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.perceived import perceived, perceived_key
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.transfer.inter_task import InterTaskMaps
from rltransfer.transfer.mechanisms.mapping import Carried, copy_mapped, fits
from rltransfer.transfer.report import Ledger


def open_ledger(
    method: str, model: BaseAlgorithm, source: BaseAlgorithm | None, maps: InterTaskMaps | None = None
) -> Ledger:
    """Put trunks into both models and begin to account for their parameters."""
    adopt(model)
    if source is None:
        return Ledger(method, model, None)
    adopt(source)
    return Ledger(method, model, source, _carry_statistics(model, source, maps))


def _carry_statistics(model: BaseAlgorithm, source: BaseAlgorithm, maps: InterTaskMaps | None) -> str:
    """Let the target's normalisation go on from the source's; says what became of it.

    Raises:
        NotApplicableError: one of the two learns from normalised observations and the other does not.
    """
    ours, theirs = statistics_of(model), statistics_of(source)
    normalized = [statistics is not None and statistics.of_observations for statistics in (ours, theirs)]
    if normalized[0] != normalized[1]:
        who, other = ("target", "source") if normalized[0] else ("source", "target")
        raise NotApplicableError(
            f"the {who} learns from normalised observations and the {other} from raw ones, so its weights would mean "
            "something else. Give both agents the same 'normalize'."
        )
    env = model.get_vec_normalize_env()
    if theirs is None or env is None:
        return ""
    space = raw_space(model)
    part, size = perceived_key(space) or WHOLE, perceived(space).shape[0]
    if maps is not None and maps.observations is not None and part in theirs.moments:
        if set(maps.observations) != set(range(size)):
            return "begin anew: the source has none of some entries"
        theirs = theirs.picked(part, [maps.observations[entry] for entry in range(size)])
    return "go on from the source's" if theirs.give_to(env) else "begin anew: the observations differ"


@torch.no_grad()
def carry_trunk(
    ledger: Ledger,
    *,
    acting: bool = False,
    stages: Container[str] | None = None,
    maps: InterTaskMaps | None = None,
) -> None:
    """Copy the source's trunks into every trunk copy of the target, layer by layer where shapes agree.

    Args:
        ledger: of the two models.
        acting: give every copy the trunk that acts; otherwise an actor's goes to the actor and a critic's to the
            critic, where both agents have them apart.
        stages: those that are copied; all where left out.
        maps: of the observations, which the first layer reads.
    """
    pairs = _pairs(ledger, maps)
    for number, site in enumerate(trunk_sites(ledger.model)):
        prefix = "trunk" if number == 0 else site.path
        origin, theirs = site_behind(site, ledger.source, acting=acting)
        source, buffers = dict(theirs.trunk.stages.named_parameters()), dict(theirs.trunk.stages.named_buffers())
        candidates: list[_Candidate] = []
        for stage, name, parameter in site.trunk.named_stage_parameters():
            if stages is None or stage in stages:
                whole, behind = f"{prefix}.{name}", f"{origin}.{name}"
                candidates.append(_Candidate(whole, parameter, behind, source.get(name), pairs(whole, behind)))
            else:
                ledger.refused(f"{prefix}.{name}", "its stage is learned anew")
        unfit = _carry(ledger, candidates, maps)
        for name, buffer in site.trunk.stages.named_buffers():
            if stages is not None and name.split(".")[0] not in stages:
                continue
            if name in buffers and buffers[name].shape == buffer.shape and _layer(f"{prefix}.{name}") not in unfit:
                buffer.copy_(buffers[name])


def site_behind(site: TrunkSite, source: BaseAlgorithm, *, acting: bool = False) -> tuple[str, TrunkSite]:
    """The source's trunk that ``site`` of a target takes over, and the name that reports give it."""
    sites = [theirs for theirs in trunk_sites(source) if theirs.role == "online"]
    same = [theirs for theirs in sites[1:] if theirs.path == _online(site.path) and not acting]
    return (same[0].path, same[0]) if same else ("trunk", sites[0])


@torch.no_grad()
def carry_heads(ledger: Ledger, diff: SpaceDiff, *, acting: bool = False, maps: InterTaskMaps | None = None) -> None:
    """Copy every head whose shape agrees; those that stand for actions only where the actions do, too, or by a map.

    A head that was learned on another trunk than the one it would stand on now is left; see ``carry_trunk``. Running
    statistics of normalisation go with the weights of their layer.
    """
    source, ours = heads(ledger.source), heads(ledger.model)
    displaced = _displaced(ledger) if acting else ()
    pairs = _pairs(ledger, maps)
    is_told = diff.action_equal or (maps is not None and maps.actions is not None)
    candidates: list[_Candidate] = []
    for name, parameter in ours.items():
        if name == TEMPERATURE:
            ledger.refused(name, "the weight of the entropy is found anew: the source explores no more")
        elif name.startswith(displaced):
            ledger.refused(name, "it was learned on another trunk")
        elif acts(name, ours) and not is_told:
            ledger.refused(name, "the action spaces differ")
        else:
            counterpart = _online(name)
            pair = pairs(name, counterpart)
            candidates.append(_Candidate(name, parameter, counterpart, source.get(counterpart), pair))
    unfit = _carry(ledger, candidates, maps)
    statistics = dict(policy_of(ledger.source).named_buffers())
    for name, buffer in policy_of(ledger.model).named_buffers():
        behind = statistics.get(_online(name))
        is_carried = _layer(name) in {_layer(candidate.name) for candidate in candidates} - unfit
        if is_carried and behind is not None and behind.shape == buffer.shape:
            buffer.copy_(behind)
    follow(ledger.model)


def _displaced(ledger: Ledger) -> tuple[str, ...]:
    """What the names of heads begin with whose network had a trunk of its own in the source, beside the acting one."""
    apart = [site.path for site in trunk_sites(ledger.source)[1:] if site.role == "online"]
    networks = [path.rpartition("features_extractor")[0].removesuffix(".") for path in apart]
    return tuple(f"{network}{ending}." for network in networks if network for ending in ("", "_target"))


def carry_all(
    ledger: Ledger,
    diff: SpaceDiff,
    heads: Literal["copy", "reinit"] = "copy",
    *,
    acting: bool = False,
    stages: Container[str] | None = None,
    maps: InterTaskMaps | None = None,
) -> None:
    """Copy trunk, and heads where wanted and possible; target networks follow their online ones."""
    carry_trunk(ledger, acting=acting, stages=stages, maps=maps)
    if heads == "copy":
        carry_heads(ledger, diff, acting=acting, maps=maps)
    follow(ledger.model)


def compared(model: BaseAlgorithm, source: BaseAlgorithm | None, diff: SpaceDiff | None) -> SpaceDiff:
    """``diff``, or what can be told from the two models' tasks, or from their spaces alone: nothing, without source."""
    source = model if source is None else source
    if diff is not None:
        return diff
    ours, theirs = task_of(model), task_of(source)
    if ours is not None and theirs is not None:
        return SpaceDiff.between(theirs, ours)
    return SpaceDiff.between_spaces((raw_space(source), source.action_space), (raw_space(model), model.action_space))


def require_prefix(ledger: Ledger, at: str) -> None:
    """Raise NotApplicableError unless every stage before ``at`` was carried over whole."""
    trunk = trunk_of(ledger.model)
    require_stages(ledger, trunk.stage_names[: trunk.index(at)])


def require_stages(ledger: Ledger, wanted: Container[str]) -> None:
    """Raise NotApplicableError unless every stage of ``wanted`` was carried over whole."""
    carried = ledger.standing()
    for name in named_parts(ledger.model):
        if name.startswith("trunk.") and name.split(".")[1] in wanted and name not in carried:
            raise NotApplicableError(f"stage {name.split('.')[1]!r} does not fit the source's trunk ({name} differs)")


class _Candidate(NamedTuple):
    """A parameter that may be copied, and what it would be copied from.

    Args:
        name: of the parameter.
        parameter: itself.
        counterpart: the name of what stands for it in the source.
        value: what does, where there is such a thing.
        pair: both in blocks of known axes, where maps act on one of these.
    """

    name: str
    parameter: torch.Tensor
    counterpart: str
    value: torch.Tensor | None
    pair: _Pair | None

    def fits(self, maps: InterTaskMaps | None) -> bool:
        """Whether it can be copied, by a map where there is one."""
        if self.pair is not None and maps is not None:
            return fits(*self.pair, maps)
        return self.value is not None and self.value.shape == self.parameter.shape


_Pair: TypeAlias = tuple[tuple[Block, ...], tuple[Block, ...]]
"""A parameter and its counterpart in blocks."""


def _pairs(ledger: Ledger, maps: InterTaskMaps | None) -> Callable[[str, str], _Pair | None]:
    """Gives a parameter and its counterpart in blocks, where maps act on one of their axes."""
    if maps is None:
        return lambda name, counterpart: None
    ours, theirs = labelled(ledger.model), labelled(ledger.source)

    def pair(name: str, counterpart: str) -> _Pair | None:
        blocks = ours.get(name, ())
        acted_on = any(maps.of(axis) is not None for block in blocks for axis in block.axes)
        return (blocks, theirs[counterpart]) if acted_on and counterpart in theirs else None

    return pair


def _carry(ledger: Ledger, candidates: list[_Candidate], maps: InterTaskMaps | None = None) -> set[str]:
    """Copy the layers of which every parameter fits: a bias means nothing without its weights. Returns the others."""
    unfit = {_layer(candidate.name) for candidate in candidates if not candidate.fits(maps)}
    for candidate in candidates:
        name, parameter, counterpart, value, pair = candidate
        if value is None:
            ledger.refused(name, "the source has none")
        elif not candidate.fits(maps):
            ledger.refused(name, f"the source's has shape {tuple(value.shape)}")
        elif _layer(name) in unfit:
            ledger.refused(name, "the rest of its layer does not fit")
        elif pair is not None and maps is not None:
            _note_mapped(ledger, candidate, copy_mapped(*pair, maps), is_filled=maps.otherwise is not None)
        else:
            if parameter is not value:
                parameter.copy_(value)
            ledger.note(name, "copied", counterpart)
    return unfit


def _note_mapped(ledger: Ledger, candidate: _Candidate, carried: Carried, *, is_filled: bool) -> None:
    """Say what became of a parameter that a map acted on."""
    assert candidate.value is not None
    if not carried.taken:
        ledger.refused(candidate.name, "nothing of the source's is mapped to it")
    elif carried.is_whole:
        ledger.note(candidate.name, "copied", candidate.counterpart)
    else:
        taken = candidate.parameter.numel() if is_filled else carried.taken
        ledger.note(candidate.name, "mapped", candidate.counterpart, carried.note, parts=(taken, carried.given))


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _online(name: str) -> str:
    """What a head of a target network follows: the source's target network lags behind and is not taken over."""
    return name.replace("_target.", ".", 1)


def tie_trunk(ledger: Ledger) -> None:
    """Put the source's trunks, the very objects, in the place of the target's; target networks copy them.

    Raises:
        NotApplicableError: the trunks differ in architecture or input, or the source's reads cached features.
    """
    ours, acting = trunk_sites(ledger.model), trunk_sites(ledger.source)[0]
    if type(ours[0].trunk.spec) is not type(acting.trunk.spec):
        raise NotApplicableError("the trunks are of different architectures, so they cannot be one")
    if acting.extractor.start:
        raise NotApplicableError(
            "the source's trunk is frozen and cached; save the agent and load it to train it whole"
        )
    for name, parameter in ours[0].trunk.stages.named_parameters():
        other = dict(acting.trunk.stages.named_parameters()).get(name)
        if other is None or other.shape != parameter.shape:
            raise NotApplicableError(f"the trunks differ ({name}), so they cannot be one")
    shared: dict[int, TrunkExtractor] = {}
    for site in ours:
        if site.role == "online":
            theirs = site_behind(site, ledger.source)[1].trunk
            exchange(ledger.model, dict(zip(site.trunk.parameters(), theirs.parameters(), strict=True)))
            extractor = shared.setdefault(id(theirs), site.extractor)
            for network, attribute in site.places:
                setattr(network, attribute, extractor)
            extractor.trunk = theirs
    ledger.renew()
    carry_trunk(ledger)
    ledger.mark([name for name in ledger.carried() if name.startswith("trunk.")], "tied")
    follow(ledger.model)
