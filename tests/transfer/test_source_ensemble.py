"""Source ensembles: frozen trunks side by side, whose learned weights turn from what is of no use."""

import numpy as np
import pytest
import torch
from torch import nn

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_of, trunk_sites
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer import Compose
from rltransfer.trunks.ensemble import Mixture, ensemble_of
from rltransfer.trunks.nested_specs import Ensemble
from rltransfer.trunks.specs import MLP, Nature


@pytest.fixture
def another(tiny, tmp_path):
    """The folder of a second source agent, none of whose weights agree with the first's."""

    def save(algorithm="ppo", env=None, **options):
        agent = tiny(algorithm, env, seed=11, **options)
        rlt.save(agent, tmp_path / "another")
        return str(tmp_path / "another"), agent

    return save


def mixed(trunks, weights, inputs):
    with torch.no_grad():
        return sum(weight * trunk(inputs) for weight, trunk in zip(weights, trunks, strict=True))


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("algorithm", [*ALGORITHMS])
def test_every_trunk_copy_mixes_the_sources_which_stay_and_the_weights_learn(algorithm, fresh, vectors, tmp_path):
    second, _ = vectors(algorithm)
    with torch.no_grad():
        for parameter in trunk_of(second).parameters():
            parameter.mul_(2.0)
    folder = str(tmp_path / "another")
    rlt.save(second, folder)
    model, source = vectors(algorithm)
    seen = np.random.default_rng(0).normal(size=(16, model.observation_space.shape[0])).astype(np.float32)
    own = trunk_of(model).clone()
    members = [trunk_of(source), trunk_of(second), *([own] if fresh else [])]
    report = rlt.SourceEnsemble(beside=(folder,), fresh=fresh).attach(model, source)
    share = 1 / len(members)
    inputs = torch.as_tensor(seen)
    for site in trunk_sites(model)[:1] if fresh else trunk_sites(model):
        torch.testing.assert_close(site.trunk(inputs), mixed(members, [share] * len(members), inputs))
    assert report.findings["mixture"] == {n: round(share, 4) for n in report.findings["mixture"]}
    before = {name: p.detach().clone() for name, p in named_parts(model).items()}
    model.learn(96)
    after = named_parts(model)
    for name, parameter in after.items():
        if ".members.0." in name or ".members.1." in name:
            assert torch.equal(parameter, before[name]), name
            assert report.of("target")[name].fate == "frozen"
    assert not torch.equal(after["trunk.mixture.logits"], before["trunk.mixture.logits"])
    if fresh:
        assert not torch.equal(after["trunk.members.2.fc2.0.weight"], before["trunk.members.2.fc2.0.weight"])
    weights = trunk_of(model).stages["mixture"].weights
    assert list(report.findings["mixture"].values()) == [round(w, 4) for w in weights.tolist()]
    assert list(report.findings["mixture"]) == ["source", folder, *(["fresh"] if fresh else [])]
    rlt.save(model, tmp_path / "saved")
    loaded = rlt.load_agent(tmp_path / "saved", device="cpu")
    assert np.array_equal(*(agent.predict(seen, deterministic=True)[0] for agent in (model, loaded)))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_caching_the_members_features_changes_nothing(precision, pair, another):
    folder, _ = another()
    learned = []
    for cache in (True, False):
        model, source = pair("dqn", trunk=Nature(features=32, precision=precision))
        rlt.SourceEnsemble(beside=(folder,), cache=cache).attach(model, source)
        model.learn(192)
        learned.append(named_parts(model))
    cached, plain = learned
    for name in plain:
        close = (1e-4, 1e-5) if precision == "float32" else (0.05, 0.02)
        torch.testing.assert_close(cached[name], plain[name], rtol=close[0], atol=close[1])


def test_the_report_says_whose_each_parameter_is(pair, another):
    folder, second = another()
    model, source = pair()
    report = rlt.SourceEnsemble(beside=(folder,), fresh=True, heads="copy").attach(model, source)
    ours, theirs, further = named_parts(model), named_parts(source), named_parts(second)
    entries = report.of("target")
    assert list(entries) == list(ours)
    for name, entry in entries.items():
        inner = name.partition(".members.")[2][2:]
        if ".members.0." in name:
            assert (entry.fate, entry.counterpart) == ("frozen", f"trunk.{inner}")
            assert torch.equal(ours[name], theirs[f"trunk.{inner}"])
        elif ".members.1." in name:
            assert (entry.fate, entry.counterpart, entry.note) == ("frozen", None, f"of {folder}")
            assert torch.equal(ours[name], further[f"trunk.{inner}"])
        elif ".members.2." in name or name == "trunk.mixture.logits":
            assert entry.fate == "re-initialised"
        else:
            assert (entry.fate, entry.counterpart) == ("copied", name)
        assert ours[name].requires_grad == (entry.fate != "frozen")
    assert {entry.fate for entry in report.of("source").values()} == {"frozen", "copied"}


def members_for(generator, count, size=6, width=5):
    """Fixed random trunks over vectors."""
    members = []
    for _ in range(count):
        trunk = MLP(widths=(16, width), precision="float32").build((size,))
        with torch.no_grad():
            for parameter in trunk.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))
        members.append(trunk)
    return members


def test_the_learned_weights_are_those_of_a_grid_search():
    """Least squares over three members' features: convex in the weights."""
    generator = torch.Generator().manual_seed(5)
    members = members_for(generator, 3)
    inputs = torch.randn((256, 6), generator=generator)
    features = torch.stack([member(inputs).detach() for member in members])
    targets = 0.55 * features[0] + 0.3 * features[1] + 0.15 * features[2]
    targets = targets + 0.3 * torch.randn(targets.shape, generator=generator)
    ticks = np.arange(0, 1.0001, 0.01)
    grid = [(a, b, 1 - a - b) for a in ticks for b in ticks if a + b <= 1.0001]
    errors = [((mixed_features(features, weights) - targets) ** 2).mean().item() for weights in grid]
    best = grid[int(np.argmin(errors))]
    trunk = ensemble_of(Ensemble(members=tuple(m.spec for m in members)), members)
    trunk.freeze("mixture")
    cached = trunk(inputs, 0, 1).detach()
    optimizer = torch.optim.Adam([trunk.stages["mixture"].logits], lr=0.03)
    for _ in range(500):
        loss = ((trunk(cached, 1) - targets) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(trunk.stages["mixture"].weights.detach(), best, atol=0.01)
    assert loss.item() <= min(errors) + 1e-6


def mixed_features(features, weights):
    return sum(weight * feature for weight, feature in zip(weights, features, strict=True))


def regressed(seed, temperature):
    """The second member's weight as it and a head are learned; the targets are linear in the first one's features."""
    generator = torch.Generator().manual_seed(seed)
    members = members_for(generator, 2)
    inputs = torch.randn((256, 6), generator=generator)
    targets = members[0](inputs).detach() @ torch.randn((5, 1), generator=generator)
    spec = Ensemble(members=tuple(m.spec for m in members), temperature=temperature)
    trunk = ensemble_of(spec, members)
    trunk.freeze("mixture")
    features = trunk(inputs, 0, 1).detach()
    torch.manual_seed(seed)
    head = nn.Linear(5, 1)
    optimizer = torch.optim.Adam([trunk.stages["mixture"].logits, *head.parameters()], lr=1e-2)
    shares = []
    for _ in range(600):
        loss = ((head(trunk(features, 1)) - targets) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shares.append(trunk.stages["mixture"].weights[1].item())
    return shares


@pytest.mark.parametrize("seed", [0, 1, 5])
def test_the_weight_of_a_useless_source_goes_down_while_a_head_is_learned_too(seed):
    shares = regressed(seed, temperature=rlt.SourceEnsemble().temperature)
    assert shares[300] > shares[-1]
    assert shares[-1] < 0.2


@pytest.mark.parametrize("seed", [1, 5])
def test_weights_that_part_before_the_head_knows_what_it_needs_may_settle_on_the_wrong_source(seed):
    assert regressed(seed, temperature=0.1)[-1] > 0.9


def test_a_source_whose_trunk_sees_nothing_loses_its_weight_to_one_that_sees(tiny, cartpole, tmp_path):
    """CartPole by PPO: the features of one source are the state itself, those of the other are 0 always."""
    sees, blind = (tiny("ppo", cartpole(), seed=s, trunk=MLP(widths=(4,))) for s in (7, 11))
    with torch.no_grad():
        for parameter, value in zip(trunk_of(sees).parameters(), (torch.eye(4), torch.zeros(4)), strict=True):
            parameter.copy_(value)
        for parameter in trunk_of(blind).parameters():
            parameter.zero_()
    rlt.save(sees, tmp_path / "sees")
    model = tiny("ppo", cartpole(), trunk=MLP(widths=(4,)), n_steps=64, batch_size=64, n_epochs=10, learning_rate=1e-2)
    report = rlt.SourceEnsemble(beside=(str(tmp_path / "sees"),)).attach(model, blind)
    assert set(report.findings["mixture"].values()) == {0.5}
    model.learn(5120)
    assert report.findings["mixture"]["source"] < 0.25


def test_weights_are_a_softmax_by_hand():
    mixture = Mixture(2, temperature=0.5)
    with torch.no_grad():
        mixture.logits.copy_(torch.tensor([0.5 * np.log(3.0), 0.0]))
    torch.testing.assert_close(mixture.weights.detach(), torch.tensor([0.75, 0.25]))
    torch.testing.assert_close(mixture(torch.tensor([[4.0, 8.0, 0.0, 4.0]])), torch.tensor([[3.0, 7.0]]))


def test_members_of_several_architectures_read_pixels_each_in_its_way():
    shape = (3, 64, 64)
    members = [Nature(features=8, precision="float32").build(shape), MLP(widths=(8,)).build(shape)]
    frames = torch.randint(0, 256, (4, *shape), dtype=torch.uint8)
    expected = mixed(members, [0.5, 0.5], frames)
    trunk = ensemble_of(Ensemble(members=tuple(m.spec for m in members), precision="float32"), members)
    torch.testing.assert_close(trunk(frames), expected)


def test_what_does_not_fit_is_refused_with_its_reason(pair, tiny, cartpole, tmp_path):
    model, source = pair()
    for name, agent in {
        "wide": tiny("ppo", trunk=Nature(features=24, precision="float32")),
        "pole": tiny("ppo", cartpole(), trunk=MLP(widths=(32,))),
        "scaled": tiny("ppo", cartpole(), normalize="observations"),
    }.items():
        rlt.save(agent, tmp_path / name)
    for name, reason in {
        "wide": "gives 24 features, and the target's 32",
        "pole": r"reads observations of shape \(4,\), the target's \(3, 64, 64\)",
        "scaled": "scaled by statistics of its own",
    }.items():
        with pytest.raises(NotApplicableError, match=reason):
            rlt.SourceEnsemble(beside=(str(tmp_path / name),)).attach(model, source)
    with pytest.raises(ConfigError, match="names an agent twice"):
        rlt.SourceEnsemble(beside=("runs/a", "runs/a/"))
    with pytest.raises(ConfigError, match="nowhere holds no trained agent"):
        rlt.SourceEnsemble(beside=("nowhere",)).check_files()
    rlt.SourceEnsemble(beside=(str(tmp_path / "wide"),)).check_files()
    for other in (rlt.Finetune(), rlt.SoftSharing()):
        with pytest.raises(ConfigError, match="carries weights into a trunk of the target's own"):
            Compose(methods=(rlt.SourceEnsemble(), other))
    with pytest.raises(ConfigError, match="both decide"):
        Compose(methods=(rlt.SourceEnsemble(), rlt.Frozen()))


def test_a_trunk_of_trunks_is_written_in_yaml_as_any_other_and_reads_back():
    written = {"members": [{"name": "mlp", "widths": [4]}, "mlp"], "temperature": 1}
    spec = Ensemble.model_validate(written)
    assert [member.widths for member in spec.members] == [(4,), (64, 64)]
    assert Ensemble.model_validate_json(spec.model_dump_json()) == spec
    with pytest.raises(ConfigError, match="unknown trunk 'mpl'"):
        Ensemble(members=("mpl",))
