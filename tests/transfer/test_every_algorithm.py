"""On each algorithm that it serves, a method changes what is learned, and set to do nothing it changes no bit."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, named_parts, stage_of, trunk_of
from rltransfer.errors import NotApplicableError
from rltransfer.registry import ALGORITHMS, METHODS

FEW = {"source_steps": 16, "batch": 8}
TAUGHT = {"steps": 16, "epochs": 1, "batch_size": 8}
PLAYED = {"frames": 16, "updates": 2, "batch_size": 4}
PARTED = rlt.Relations(stages=("fc2",))
STILL = rlt.Finetune(learning_rate_scale=0.0)
DOES = {
    "soft_sharing": (rlt.Finetune(), rlt.SoftSharing(strength=0.0), rlt.SoftSharing(strength=10.0)),
    "ewc": (rlt.Finetune(), rlt.EWC(strength=0.0), rlt.EWC(strength=1e4, steps=16)),
    "coupling": (rlt.Finetune(), rlt.Coupling(strength=0.0), rlt.Coupling(strength=10.0)),
    "finetune": (rlt.Finetune(), rlt.Finetune(learning_rate_scale={"fc1": 1}), rlt.Finetune(learning_rate_scale=0.1)),
    "gradual": (rlt.Finetune(), rlt.GradualUnfreezing(steps_per_stage=0), rlt.GradualUnfreezing()),
    "shrink": (rlt.Finetune(), rlt.ShrinkPerturb(shrink=1, perturb=0), rlt.ShrinkPerturb()),
    "mmd": (rlt.Finetune(), rlt.MMD(strength=0.0), rlt.MMD(strength=10.0, **FEW)),
    "coral": (rlt.Finetune(), rlt.Coral(strength=0.0), rlt.Coral(strength=1e3, **FEW)),
    "adversarial": (rlt.Finetune(), rlt.DomainAdversarial(strength=0.0), rlt.DomainAdversarial(strength=10.0, **FEW)),
    "mapped": (rlt.Finetune(), rlt.Mapped(), rlt.Mapped(observations={0: 1})),
    "relations": (PARTED, rlt.Mapped(first_stage="fresh"), PARTED.model_copy(update={"freeze": True})),
    "kickstarting": (rlt.Scratch(), rlt.Kickstarting(strength=0.0), rlt.Kickstarting(strength=10.0)),
    "distillation": (rlt.Scratch(), rlt.Distillation(epochs=0), rlt.Distillation(**TAUGHT)),
    "cloning": (rlt.Scratch(), rlt.BehaviourCloning(epochs=0), rlt.BehaviourCloning(**TAUGHT)),
    "jump_start": (rlt.Scratch(), rlt.JumpStart(horizon=0), rlt.JumpStart(schedule="linear", horizon=8)),
    "instances": (rlt.Scratch(), rlt.Instances(transitions=0), rlt.Instances(transitions=64, every=16)),
    "inverse": (rlt.Scratch(), rlt.InverseDynamics(frames=0), rlt.InverseDynamics(**PLAYED)),
    "progressive": (rlt.Scratch(), rlt.Progressive(strength=0.0), rlt.Progressive()),
    "ensemble": (rlt.Frozen(heads="reinit"), rlt.SourceEnsemble(), rlt.SourceEnsemble(fresh=True)),
    **{
        kind: (STILL, rlt.Compose(methods=(rlt.Adapters(kind=kind), STILL)), rlt.Adapters(kind=kind))
        for kind in ("residual", "low_rank")
    },
}
"""What stands beside each method, the method set to do nothing, which is that, and the method as it is."""


def unclipped(algorithm):
    """What lets an agent learn soon, by steps that no other parameter's gradient makes shorter; targets are copies."""
    fields = ALGORITHMS.get(algorithm).model_fields
    return {
        k: v for k, v in {"n_steps": 8, "learning_starts": 8, "max_grad_norm": 1e9, "tau": 1.0}.items() if k in fields
    }


def served(method, algorithms):
    """Those of ``algorithms`` on which the method can be set to act, and to do nothing."""
    kinds = {name: ALGORITHMS.get(name) for name in algorithms}
    return [name for name, kind in kinds.items() if all(each.refusal(kind) is None for each in DOES[method][1:])]


NOT_THESE = {
    ("ensemble", "trpo", "whole"): "natural gradients of one number more, which stays, are rounded otherwise",
    ("instances", "dqn", "scaled"): "refused: a replay buffer holds raw transitions",
    ("ensemble", "ppo", "scaled"): "refused: features are not cached above running statistics",
}
CASES = [
    case
    for method in DOES
    for case in (
        *((method, algorithm, "whole") for algorithm in served(method, ALGORITHMS)),
        *((method, served(method, ("ppo", "dqn"))[0], seen) for seen in ("parts", "scaled")),
    )
    if case not in NOT_THESE
]


@pytest.fixture(scope="module")
def made_once():
    """What methods are compared with, by method and algorithm."""
    return {}


def learned(method, algorithm, seen, vectors):
    """What a method reports, and {name: parameter} after an update or more, by the names of an agent built plainly."""
    model, source = vectors(algorithm, seen=seen, **unclipped(algorithm))
    report = method.attach(model, source)
    model.learn(48)
    own = {n.replace("columns.own.", "").replace(".base.", "."): p.detach() for n, p in named_parts(model).items()}
    return report, own


@pytest.mark.parametrize(("method", "algorithm", "seen"), CASES)
def test_it_changes_what_is_learned_and_does_nothing_where_it_is_told_to(method, algorithm, seen, vectors, made_once):
    beside, idle, acting = DOES[method]
    key = (repr(beside), algorithm, seen)
    if key not in made_once:
        made_once[key] = learned(beside, algorithm, seen, vectors)[1]
    expected = made_once[key]
    (report, without), (_, changed) = (learned(each, algorithm, seen, vectors) for each in (idle, acting))
    assert (report.source_steps, report.target_steps) == (0, 0)
    assert ("go on from the source's" in report.statistics) == (seen == "scaled" and idle.takes_source)
    assert {name for name in expected if "trunk" not in name and "features_extractor" not in name} <= set(without)
    assert any(n in expected and not torch.equal(changed[n], expected[n]) for n in changed)
    if seen == "scaled" and beside.takes_source != idle.takes_source:
        return  # statistics of the source's are carried over all the same
    assert [n for n in without if n in expected and not torch.equal(without[n], expected[n])] == []


@pytest.mark.parametrize("seen", ["parts", "scaled"])
@pytest.mark.parametrize(
    ("method", "algorithm"),
    [
        (rlt.Direct(), "ppo"),
        (rlt.Frozen(at="fc2", cache=False), "dqn"),
        (rlt.HardSharing(), "ppo"),
        (rlt.WeightInterpolation(), "dqn"),
        (rlt.SourceEnsemble(cache=False, heads="copy"), "ppo"),
        (rlt.SuccessorFeatures(cache=False), "successor_dqn"),
    ],
    ids=lambda value: getattr(value, "label", value),
)
def test_observations_in_parts_or_scaled_are_carried_with_the_weights(method, algorithm, seen, vectors):
    """As the test above, for methods that are never idle."""
    model, source = vectors(algorithm, seen=seen, **unclipped(algorithm))
    report = method.attach(model, source)
    assert ("go on from the source's" in report.statistics) == (seen == "scaled")
    if seen == "scaled":
        ours, theirs = (agent.get_vec_normalize_env().obs_rms for agent in (model, source))
        assert (ours.mean == theirs.mean).all()
        assert ours.count == theirs.count > 30
    entries, theirs = report.of("target"), named_parts(source)
    carried = {name for name, entry in entries.items() if entry.counterpart is not None}
    assert {stage_of(name, model) for name in carried} >= {trunk_of(model).stage_names[0], "heads"}
    before = {name: p.detach().clone() for name, p in named_parts(model).items()}
    assert all(torch.equal(before[name], theirs[entries[name].counterpart]) for name in carried)
    model.learn(48)
    after = named_parts(model)
    assert any(not torch.equal(after[name], before[name]) for name in carried & set(heads(model)))
    assert all(torch.equal(after[name], before[name]) for name, entry in entries.items() if entry.fate == "frozen")


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"compose"}))
def test_an_algorithm_that_it_does_not_serve_is_refused_with_the_reason(name, vectors):
    method = rlt.Mapped(observations={0: 0}) if name == "mapped" else METHODS.get(name)()
    assert not set(method.algorithms) & set(method.unserved)
    for algorithm in ALGORITHMS:
        reason = method.refusal(ALGORITHMS.get(algorithm))
        if method.algorithms:
            assert (reason is None) == (algorithm in method.algorithms)
        if reason is not None:
            assert not reason.startswith("it serves"), f"no reason why {name} does not serve {algorithm}"
            with pytest.raises(NotApplicableError) as told:
                method.attach(*vectors(algorithm))
            assert f"does not serve {algorithm}: {reason}." in str(told.value)
    unregistered = method.refusal(None)
    assert (unregistered is not None) == bool(method.algorithms)
