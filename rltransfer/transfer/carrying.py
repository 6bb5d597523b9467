"""Carrying weights from a source agent into a target learner."""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import adopt, raw_space
from rltransfer.agents.algorithms.algorithm import activation_of
from rltransfer.agents.anatomy import (
    TEMPERATURE,
    TrunkSite,
    acts,
    follow,
    named_parts,
    policy_of,
    task_of,
    trunk_of,
    trunk_sites,
)
from rltransfer.agents.anatomy import heads as heads_of
from rltransfer.agents.extractor import TrunkExtractor
from rltransfer.agents.normalizing import WHOLE, statistics_of
from rltransfer.agents.optimizing import exchange
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.perceived import perceived, perceived_key
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.transfer.candidates import Candidate, carry_layers, layer_of, online_name, pairs_of
from rltransfer.transfer.inter_task import InterTaskMaps
from rltransfer.transfer.report import Ledger


def open_ledger(
    method: str,
    model: BaseAlgorithm,
    source: BaseAlgorithm | None,
    maps: InterTaskMaps | None = None,
    *,
    carries: bool = True,
) -> Ledger:
    """Put trunks into both models and begin to account for their parameters.

    Running statistics are carried over, where anything of the source is: ``carries``.
    """
    adopt(model)
    if source is None:
        return Ledger(method, model, None)
    adopt(source)
    return Ledger(method, model, source, _carry_statistics(model, source, maps) if carries else "")


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
    pairs = pairs_of(ledger, maps)
    for number, site in enumerate(trunk_sites(ledger.model)):
        prefix = "trunk" if number == 0 else site.path
        origin, theirs = site_behind(site, ledger.source, acting=acting)
        source, buffers = dict(theirs.trunk.stages.named_parameters()), dict(theirs.trunk.stages.named_buffers())
        candidates: list[Candidate] = []
        for stage, name, parameter in site.trunk.named_stage_parameters():
            if stages is None or stage in stages:
                whole, behind = f"{prefix}.{name}", f"{origin}.{name}"
                candidates.append(Candidate(whole, parameter, behind, source.get(name), pairs(whole, behind)))
            else:
                ledger.refused(f"{prefix}.{name}", "its stage is learned anew")
        unfit = carry_layers(ledger, candidates, maps)
        for name, buffer in site.trunk.stages.named_buffers():
            if stages is not None and name.split(".")[0] not in stages:
                continue
            if name in buffers and buffers[name].shape == buffer.shape and layer_of(f"{prefix}.{name}") not in unfit:
                buffer.copy_(buffers[name])


def site_behind(site: TrunkSite, source: BaseAlgorithm, *, acting: bool = False) -> tuple[str, TrunkSite]:
    """The source's trunk that ``site`` of a target takes over, and the name that reports give it."""
    sites = [theirs for theirs in trunk_sites(source) if theirs.role == "online"]
    same = [theirs for theirs in sites[1:] if theirs.path == online_name(site.path) and not acting]
    return (same[0].path, same[0]) if same else ("trunk", sites[0])


@torch.no_grad()
def carry_heads(ledger: Ledger, diff: SpaceDiff, *, acting: bool = False, maps: InterTaskMaps | None = None) -> None:
    """Copy every head whose shape agrees; those that stand for actions only where the actions do, too, or by a map.

    A head that was learned on another trunk than the one it would stand on now is left; see ``carry_trunk``. Running
    statistics of normalisation go with the weights of their layer.
    """
    source, ours = heads_of(ledger.source), heads_of(ledger.model)
    displaced = _displaced(ledger) if acting else ()
    pairs = pairs_of(ledger, maps)
    is_told = diff.action_equal or (maps is not None and maps.actions is not None)
    candidates: list[Candidate] = []
    for name, parameter in ours.items():
        if name == TEMPERATURE:
            ledger.refused(name, "the weight of the entropy is found anew: the source explores no more")
        elif name.startswith(displaced):
            ledger.refused(name, "it was learned on another trunk")
        elif acts(name, ours) and not is_told:
            ledger.refused(name, "the action spaces differ")
        else:
            counterpart = online_name(name)
            pair = pairs(name, counterpart)
            candidates.append(Candidate(name, parameter, counterpart, source.get(counterpart), pair))
    unfit = carry_layers(ledger, candidates, maps)
    statistics = dict(policy_of(ledger.source).named_buffers())
    for name, buffer in policy_of(ledger.model).named_buffers():
        behind = statistics.get(online_name(name))
        is_carried = layer_of(name) in {layer_of(candidate.name) for candidate in candidates} - unfit
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
    otherwise = _followed_otherwise(ledger)
    of_heads = heads_of(ledger.model)
    for name in ledger.carried():
        if ("heads" if name in of_heads else "trunk") in otherwise:
            ledger.remark(name, "its layer is followed by something else than in the source")


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
    """Raise NotApplicableError unless every stage before ``at`` was carried over whole, to compute what it did."""
    trunk = trunk_of(ledger.model)
    if "trunk" in _followed_otherwise(ledger):
        raise NotApplicableError(
            "these are not the source's features, since the trunk's layers are followed by others. Give both agents "
            "the same trunk, or let it learn."
        )
    require_stages(ledger, trunk.stage_names[: trunk.index(at)])


def require_policy(ledger: Ledger) -> None:
    """Raise NotApplicableError unless everything that chooses actions was carried over whole."""
    carried = ledger.standing()
    for name in named_parts(ledger.model):
        if name not in carried and not (name.startswith(_NEVER_CHOOSES) or "_target." in name):
            raise NotApplicableError(
                f"this is not the source's policy, since {name} is not among what fits of it. Give both agents the "
                "same algorithm, trunk and net_arch, or take a method that trains."
            )
    if _followed_otherwise(ledger):
        raise NotApplicableError(
            "this is not the source's policy, since its layers are followed by others. Give both agents the same "
            "activation_fn and trunk, or take a method that trains."
        )


def _followed_otherwise(ledger: Ledger) -> set[Literal["trunk", "heads"]]:
    """The parts whose layers are followed by something else than the source's, so that equal weights mean others."""
    found: set[Literal["trunk", "heads"]] = set()
    specs = [trunk_of(agent).spec for agent in (ledger.model, ledger.source)]
    if any(getattr(specs[0], name, None) != getattr(specs[1], name, None) for name in ("activation", "iterations")):
        found.add("trunk")
    if activation_of(ledger.model) != activation_of(ledger.source):
        found.add("heads")
    return found


_NEVER_CHOOSES = (
    "value_net.",
    "mlp_extractor.value_net.",
    "vf_features_extractor.",
    "lstm_critic.",
    "critic",
    "q_net.phi.",
    TEMPERATURE,
)
"""What the names of parameters begin with that take no part in choosing actions, beside those of target networks."""


def require_stages(ledger: Ledger, wanted: Container[str]) -> None:
    """Raise NotApplicableError unless every stage of ``wanted`` was carried over whole."""
    carried = ledger.standing()
    for name in named_parts(ledger.model):
        if name.startswith("trunk.") and name.split(".")[1] in wanted and name not in carried:
            raise NotApplicableError(f"stage {name.split('.')[1]!r} does not fit the source's trunk ({name} differs)")


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
