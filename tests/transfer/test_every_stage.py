"""Fresh heads, and a frozen prefix of every length, on every kind of trunk, for every algorithm."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import TEMPERATURE, heads, named_parts, optimizers, stage_of, trunk_sites
from rltransfer.registry import ALGORITHMS
from rltransfer.trunks.specs import MLP, Impala, Nature

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
TRUNKS = {
    "nature": (Nature(features=8, precision="float32"), ("conv1", "conv2", "conv3", "fc")),
    "impala": (Impala(channels=(2, 3), features=8, precision="float32"), ("block1", "block2", "fc")),
    "mlp": (MLP(widths=(8, 6)), ("fc1", "fc2")),
}
PLACES = [
    *(("nature", at) for at in ("conv1", "conv3", "end")),
    ("impala", "block2"),
    *(("mlp", at) for at in ("fc1", "fc2", "end")),
]


@pytest.fixture
def learners(tiny, rover):
    """(model, source) of any algorithm on any of the trunks."""

    def make(algorithm, trunk):
        both = []
        for seed in (0, 7):
            if trunk == "mlp":
                env = rlt.make_env(
                    {"id": "Pendulum-v1" if algorithm in CONTINUOUS else "CartPole-v1"}, num_envs=4, seed=1
                )
            else:
                env = rover("hovercraft" if algorithm in CONTINUOUS else "omni")
            both.append(tiny(algorithm, env, trunk=TRUNKS[trunk][0], seed=seed))
        return both

    return make


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"classifier"}))
@pytest.mark.parametrize(("trunk", "at"), PLACES)
def test_the_stages_before_it_are_the_sources_and_stay_and_the_others_learn(algorithm, trunk, at, learners, snapshot):
    model, source = learners(algorithm, trunk)
    stages = TRUNKS[trunk][1]
    assert trunk_sites(model)[0].trunk.stage_names == stages
    entries = rlt.Frozen(at=at).attach(model, source).of("target")
    frozen = stages[: (*stages, "end").index(at)]
    moved = {
        id(p) for _, _, optimizer in optimizers(model) for group in optimizer.param_groups for p in group["params"]
    }
    theirs = {name: p for name, p in named_parts(source).items() if name.startswith("trunk.")}
    for name, parameter in named_parts(model).items():
        stage = stage_of(name, model)
        assert (entries[name].fate == "frozen") == (stage in frozen), name
        if stage in frozen:
            acting = next(value for key, value in theirs.items() if name.endswith(key.removeprefix("trunk.")))
            assert torch.equal(parameter, acting), name
            assert not parameter.requires_grad
            assert id(parameter) not in moved
        elif "target" not in name:
            assert parameter.requires_grad
            assert id(parameter) in moved, name
    for site in trunk_sites(model):
        site.trunk.train()
        assert {name for name in stages if not site.trunk.stages[name].training} == set(frozen)
    if trunk == "mlp":
        before = snapshot(model)
        model.learn(64)
        after = named_parts(model)
        assert all(torch.equal(after[n], before[n]) for n in before if stage_of(n, model) in frozen)
        assert {stage_of(n, model) for n in before if not torch.equal(after[n], before[n])} == {*stages, "heads"} - {
            *frozen
        }


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"classifier"}))
@pytest.mark.parametrize(
    ("method", "trunk"),
    [
        (rlt.Finetune(heads="reinit"), "nature"),
        (rlt.Frozen(heads="reinit"), "mlp"),
        (rlt.GradualUnfreezing(heads="reinit"), "mlp"),
    ],
    ids=lambda value: getattr(value, "label", value),
)
def test_fresh_heads_are_the_learners_own_and_the_trunk_is_the_sources(algorithm, trunk, method, learners, snapshot):
    model, source = learners(algorithm, trunk)
    fresh = snapshot(model)
    entries = method.attach(model, source).of("target")
    outside, theirs = heads(model), heads(source)
    assert outside
    for name, parameter in outside.items():
        assert entries[name].fate == "re-initialised"
        online = name.replace("_target.", ".")
        assert torch.equal(parameter, fresh[online]), name
        assert name == TEMPERATURE or not torch.equal(parameter, theirs[name]), name
    for name, parameter in named_parts(model).items():
        if name not in outside:
            assert entries[name].fate in ("copied", "frozen")
            assert torch.equal(parameter, named_parts(source)[entries[name].counterpart]), name
