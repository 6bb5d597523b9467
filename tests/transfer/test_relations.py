"""Relations carried over, perception learned anew."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, stage_of, trunk_of, trunk_sites
from rltransfer.config import ConfigErrors, parse_experiment
from rltransfer.errors import ConfigError, NotApplicableError, UnknownNameError
from rltransfer.registry import ALGORITHMS
from rltransfer.trunks.specs import Relational

TRUNK = Relational(channels=(4, 6), heads=2, head_width=4, features=16, precision="float32")
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")
LEAST = "experiment: least\nsource: {family: rover, budget: 1e5}\ntargets: {other: {task: swap}}\nbudget: 40_000\n"
PERCEPTION, RELATIONS = ("conv1", "conv2"), ("relations", "fc")


def pair_for(algorithm, pair, **options):
    robot = "hovercraft" if algorithm in CONTINUOUS else "omni"
    return pair(algorithm, robots=(robot, robot), trunk=TRUNK, **options)


@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"classifier"}))
def test_relations_are_the_sources_and_perception_is_fresh_in_every_trunk_copy(algorithm, freeze, pair, snapshot):
    few = {"n_steps": 4, "batch_size": 16} if algorithm == "trpo" else {}  # a step of its takes ten of another's
    model, source = pair_for(algorithm, pair, **few)
    before, theirs = snapshot(model), snapshot(source)
    report = rlt.Relations(freeze=freeze).attach(model, source)
    entries, parts = report.of("target"), named_parts(model)
    for name, parameter in parts.items():
        stage, entry = stage_of(name, model), entries[name]
        if stage in PERCEPTION:
            # a target network that lagged behind follows the fresh online one
            assert (entry.fate, entry.note) == ("re-initialised", "its stage is learned anew")
            assert torch.equal(parameter, before[name]), name
        elif stage in RELATIONS:
            assert entry.fate == ("frozen" if freeze else "copied")
            assert torch.equal(parameter, theirs[entry.counterpart]), name
            assert parameter.requires_grad is not freeze
    assert {stage_of(name, model) for name in parts} == {*PERCEPTION, *RELATIONS, "heads"}
    assert not isinstance(model.get_env(), rlt.FeatureCache)
    began = snapshot(model)
    model.learn(16 if few else 64)
    moved = {name for name, value in snapshot(model).items() if not torch.equal(value, began[name])}
    assert any(stage_of(name, model) == "conv1" for name in moved), "perception learns through the relations"
    assert any(stage_of(name, model) == "relations" for name in moved) is not freeze


def test_frozen_relations_stay_in_evaluation_mode_and_pass_gradients_on(pair):
    model, source = pair(trunk=TRUNK)
    rlt.Relations(freeze=True).attach(model, source)
    trunk = trunk_of(model)
    trunk.train()
    assert trunk.frozen_until == 0, "no prefix is frozen, so nothing can be cached"
    assert not any(trunk.stages[name].training for name in RELATIONS)
    assert all(trunk.stages[name].training for name in PERCEPTION)
    trunk(torch.zeros(2, 3, 64, 64)).sum().backward()
    assert all((p.grad is None) == (stage in RELATIONS) for stage, _, p in trunk.named_stage_parameters())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_frozen_relations_act_on_the_perception_of_now(precision, pair, frames):
    trunk = TRUNK.model_copy(update={"precision": precision})
    model, source = pair(trunk=trunk)
    rlt.Relations(freeze=True).attach(model, source)
    model.learn(64)
    fresh = trunk_of(model).clone().eval()
    with torch.no_grad():
        assert torch.equal(trunk_of(model).eval()(torch.as_tensor(frames)), fresh(torch.as_tensor(frames)))


def test_stages_of_any_trunk_may_be_named(pair, snapshot):
    model, source = pair()
    before, theirs = snapshot(model), snapshot(source)
    rlt.Relations(stages=("conv3",), heads="reinit").attach(model, source)
    for name, parameter in named_parts(model).items():
        expected = theirs if ".conv3." in name else before
        assert torch.equal(parameter, expected[name]), name


def test_heads_are_copied_with_the_relations_or_start_afresh(pair, snapshot):
    for heads in ("copy", "reinit"):
        model, source = pair(trunk=TRUNK)
        before, theirs = snapshot(model), snapshot(source)
        rlt.Relations(heads=heads).attach(model, source)
        expected = theirs if heads == "copy" else before
        assert torch.equal(model.policy.action_net.weight, expected["action_net.weight"])


def test_relations_move_between_images_of_other_sizes(tiny):
    source = tiny("ppo", trunk=TRUNK)
    resized = {"id": "CartPole-v1", "wrappers": ["pixels", {"resize": {"height": 48, "width": 40}}]}
    model = tiny("ppo", rlt.make_env(resized, num_envs=2), trunk=TRUNK)
    fates = {n: e.fate for n, e in rlt.Relations().attach(model, source).of("target").items()}
    assert all((fates[n] == "copied") == n.startswith(("trunk.relations", "trunk.fc", "value")) for n in fates)


def test_with_soft_sharing_the_relations_are_held_and_perception_is_not(pair, snapshot):
    """The composed methods copy what relations lets be; a very large strength holds it."""
    method = rlt.Compose(methods=(rlt.SoftSharing(strength=1e4), rlt.Relations()))
    model, source = pair(trunk=TRUNK)
    before = snapshot(model)
    report = method.attach(model, source)
    began = snapshot(model)
    fates = {name: entry.fate for name, entry in report.of("target").items()}
    assert all(fates[n] == "penalised" for n in fates if n.startswith(("trunk.relations", "trunk.fc")))
    assert all(fates[n] == "re-initialised" for n in fates if ".conv" in n)
    assert all(torch.equal(began[n], before[n]) for n in fates if ".conv" in n)
    model.learn(256)
    after = snapshot(model)
    moved = {stage: max(float((after[n] - began[n]).abs().max()) for n in fates if f".{stage}." in n) for stage in
             ("conv1", "fc")}  # fmt: skip
    assert moved["fc"] < moved["conv1"]


def test_it_is_saved_and_comes_back(pair, frames, tmp_path):
    model, source = pair("dqn", trunk=TRUNK)
    rlt.Relations(freeze=True).attach(model, source)
    model.learn(96)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    actions = [m.predict(frames, deterministic=True)[0].tolist() for m in (model, loaded)]
    assert actions[0] == actions[1]
    for ours, theirs in zip(trunk_sites(model), trunk_sites(loaded), strict=True):
        assert all(map(torch.equal, ours.trunk.parameters(), theirs.trunk.parameters()))


@pytest.mark.parametrize(
    ("method", "trunk", "kind", "reason"),
    [
        (rlt.Relations(), None, ConfigError, "no relations to carry over: none of its stages .*Use trunk 'relational'"),
        (rlt.Relations(stages=("relation",)), TRUNK, UnknownNameError, "Did you mean 'relations'"),
        (rlt.Relations(stages=("relations",)), TRUNK, ConfigError, "heads read the last stage, 'fc', which is learned"),
        (rlt.Relations(stages=TRUNK.stage_names()), TRUNK, ConfigError, "no perception is learned anew. Use finetune"),
    ],
    ids=["no-relations", "misspelt", "heads", "all"],
)
def test_what_cannot_be_carried_is_refused(method, trunk, kind, reason, pair):
    with pytest.raises(kind, match=reason):
        method.attach(*pair(trunk=trunk))


def test_relations_that_do_not_fit_are_refused(tiny):
    wider = TRUNK.model_copy(update={"channels": (4, 8)})
    with pytest.raises(NotApplicableError, match="stage 'relations' does not fit the source's trunk"):
        rlt.Relations().attach(tiny("ppo", trunk=TRUNK), tiny("ppo", trunk=wider, seed=7))


@pytest.mark.parametrize("other", [rlt.Frozen(at="conv2"), rlt.HardSharing()])
def test_another_method_that_says_which_stages_learn_is_refused(other):
    with pytest.raises(ConfigError, match="both decide which stages learn"):
        rlt.Compose(methods=(rlt.Relations(), other))


def test_a_configuration_is_told_before_anything_trains():
    text = LEAST + "methods: [relations]\n"
    with pytest.raises(ConfigErrors, match=r":5:\d+: methods.0.relations: the trunk has no relations to carry over"):
        parse_experiment(text)
    assert parse_experiment(text + "trunk: relational\n").methods[1] == rlt.Relations()
