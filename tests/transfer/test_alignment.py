"""Alignment: distances against closed forms, and features of two tasks that come nearer while the target learns."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist

import rltransfer as rlt
from rltransfer.agents.anatomy import learned_parts, named_parts, trunk_of, trunk_sites
from rltransfer.agents.rollouts import play
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.tasks.family import Context, Randomization
from rltransfer.transfer.mechanisms.alignment import DomainDiscriminator, coral, multi_kernel_mmd
from rltransfer.trunks.specs import Nature

METHODS = [rlt.MMD, rlt.Coral, rlt.DomainAdversarial]
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")
ALL = [name for name in ALGORITHMS if rlt.MMD().refusal(ALGORITHMS.get(name)) is None]
QUICKLY = {"crossq": {"learning_starts": 16}}
SMALL = Nature(features=32, precision="float32")
BANDWIDTHS = (0.25, 1.0, 4.0)


def made(pair, algorithm="ppo", **changes):
    robot = "hovercraft" if algorithm in CONTINUOUS else "omni"
    return pair(algorithm, robots=(robot, robot), **changes)


def dark(frames):
    return (frames // 3).astype(np.uint8)


def batches(shift=0.0, scale=1.0, sizes=(40, 25), width=6):
    draws = np.random.default_rng(0)
    one, other = (draws.normal(size=(size, width)) for size in sizes)
    return one, shift + scale * other


def test_the_discrepancy_is_that_of_its_kernel_matrices_summed_up_in_numpy():
    source, target = batches(0.5)
    median = np.median(pdist(np.concatenate([source, target]), "sqeuclidean"))
    kernel = lambda a, b: sum(np.exp(-cdist(a, b, "sqeuclidean") / (w * median)) for w in BANDWIDTHS) / 3  # noqa: E731
    n, m = len(source), len(target)
    expected = (
        (kernel(source, source).sum() - n) / (n * (n - 1))
        + (kernel(target, target).sum() - m) / (m * (m - 1))
        - 2 * kernel(source, target).mean()
    )
    found = multi_kernel_mmd(torch.tensor(source), torch.tensor(target), bandwidths=BANDWIDTHS)
    assert float(found) == pytest.approx(expected, rel=1e-2)  # torch's median of an even number is the lower one
    odd = batches(0.5, sizes=(3, 3))  # 15 pairs
    median = np.median(pdist(np.concatenate(odd), "sqeuclidean"))
    a, b = odd
    expected = (kernel(a, a).sum() - 3) / 6 + (kernel(b, b).sum() - 3) / 6 - 2 * kernel(a, b).mean()
    assert float(multi_kernel_mmd(*map(torch.tensor, odd), bandwidths=BANDWIDTHS)) == pytest.approx(expected, rel=1e-9)


def test_the_distance_of_covariances_is_numpys():
    source, target = batches(3.0, 2.0)
    difference = np.cov(source, rowvar=False) - np.cov(target, rowvar=False)
    expected = np.linalg.norm(difference, "fro") ** 2 / (4 * 6**2)
    assert float(coral(torch.tensor(source), torch.tensor(target))) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("distance", [coral, lambda a, b: multi_kernel_mmd(a, b, bandwidths=BANDWIDTHS)])
def test_one_distribution_is_at_no_distance_from_itself_and_another_is(distance):
    alike = float(distance(*map(torch.tensor, batches(sizes=(400, 400)))))
    apart = float(distance(*map(torch.tensor, batches(0.0, 3.0, sizes=(400, 400)))))
    assert abs(alike) < 0.01
    assert apart > 10 * abs(alike)
    same = torch.tensor(batches(sizes=(400, 400))[0])
    assert abs(float(distance(same, same))) < 0.005  # 2 / n at most, for an unbiased estimate


def test_the_discriminators_gradient_comes_reversed_and_by_the_published_schedule(tiny):
    model = tiny("ppo")
    discriminator = DomainDiscriminator(model, features=6, hidden=8, learning_rate=1e-2)
    for progress, weight in ((0.0, 0.0), (0.1, 0.46211716), (0.5, 0.98661430), (1.0, 0.99990920)):
        model._current_progress_remaining = 1 - progress
        assert discriminator.reversal() == pytest.approx(weight, abs=1e-7)
        source, target = (torch.tensor(batch, dtype=torch.float32, requires_grad=True) for batch in batches(1.0))
        logits = discriminator.network(torch.cat([source, target])).squeeze(1)
        loss = -(torch.nn.functional.logsigmoid(-logits[:40]).sum() + torch.nn.functional.logsigmoid(logits[40:]).sum())
        expected = torch.autograd.grad(loss / 65, [source, target])
        found = torch.autograd.grad(discriminator(source, target)[0], [source, target])
        for ours, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(ours, -weight * theirs, rtol=1e-4, atol=1e-7)


def test_the_discriminator_learns_to_tell_domains_and_draws_from_nobodys_generator(tiny):
    model = tiny("ppo")
    before = torch.get_rng_state()
    discriminator = DomainDiscriminator(model, features=6, hidden=16, learning_rate=1e-2)
    source, target = (torch.tensor(batch, dtype=torch.float32) for batch in batches(2.0))
    accuracies = [discriminator(source, target)[1]["accuracy"] for _ in range(200)]
    assert accuracies[-1] > 0.95
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("algorithm", ALL)
@pytest.mark.parametrize("method", METHODS)
def test_the_step_gets_a_gradient_that_brings_features_together_in_every_trunk_and_no_head(method, algorithm, vectors):
    """Weights that hardly move leave in each gradient of the last step what the further loss added to it."""
    gradients, frames = [], np.random.default_rng(3).normal(1, 0.5, (64, 4)).astype(np.float32)
    for strength in (0.0, 10.0):
        model, source = vectors(algorithm, learning_rate=1e-12, **QUICKLY.get(algorithm, {}))
        theirs = frames[:, : model.observation_space.shape[0]]
        told_soon = {"learning_rate": 0.05} if method is rlt.DomainAdversarial else {}
        report = method(strength=strength, batch=32, **told_soon).with_frames(theirs).attach(model, source)
        assert report.source_steps == 0
        model.learn(128)
        parts = named_parts(model)
        gradients.append({name: parts[name].grad.clone() for name in learned_parts(model)})
    online = [site for site in trunk_sites(model) if site.role == "online"]
    assert set(report.findings[method.registered]) == {"trunk", *(site.path for site in online[1:])}
    before, after = gradients
    added = {name: after[name] - before[name] for name in after}
    inside = {id(p) for site in online for p in site.trunk.parameters()}
    assert all((gradient == 0).all() for name, gradient in added.items() if id(parts[name]) not in inside)
    ours = play(model, 256).observations
    distance = coral if method is rlt.Coral else partial(multi_kernel_mmd, bandwidths=BANDWIDTHS)
    for site in online:
        apart = lambda: float(distance(*(site.trunk(torch.as_tensor(seen)) for seen in (theirs, ours))))  # noqa: B023, E731
        steps = [(p, added[name]) for name, p in parts.items() if id(p) in {id(q) for q in site.trunk.parameters()}]
        length = sum(float((step**2).sum()) for _, step in steps) ** 0.5
        assert length > 0
        with torch.no_grad():
            far = apart()
            for parameter, step in steps:
                parameter.sub_(step, alpha=0.1 / length)
            assert apart() < far


@pytest.mark.parametrize("method", [rlt.MMD, rlt.Coral])
@pytest.mark.parametrize("algorithm", ["ppo", "td3"])
def test_strong_alignment_brings_the_features_of_two_tasks_together(method, algorithm, vectors):
    """In every trunk that an optimizer moves, by what neither learns from: other draws of the same two tasks."""
    apart = []
    for strength in (1e-9, 1e3 if method is rlt.MMD else 1e5):
        model, source = vectors(algorithm, learning_rate=0.01)
        draws = np.random.default_rng(3)
        size = model.observation_space.shape[0]
        theirs, held = (draws.normal(3, 0.3, (64, size)).astype(np.float32) for _ in range(2))
        method(strength=strength, batch=16).with_frames(theirs).attach(model, source)
        model.learn(160)
        ours = play(model, 64).observations
        distance = coral if method is rlt.Coral else partial(multi_kernel_mmd, bandwidths=BANDWIDTHS)
        online = [site.trunk for site in trunk_sites(model) if site.role == "online"]
        with torch.no_grad():
            apart.append(
                [float(distance(*(trunk(torch.as_tensor(part)) for part in (held, ours)))) for trunk in online]
            )
    assert all(near < 0.8 * far for far, near in zip(*apart, strict=True)), apart


def test_features_moved_against_the_discriminator_lose_what_it_tells_them_by(tiny):
    model = tiny("ppo")
    model._current_progress_remaining = 0.0
    discriminator = DomainDiscriminator(model, features=6, hidden=16, learning_rate=1e-2)
    source, target = (torch.tensor(batch, dtype=torch.float32) for batch in batches(2.0, sizes=(256, 256)))
    offset = torch.zeros(6, requires_grad=True)
    optimizer = torch.optim.SGD([offset], lr=0.3)
    accuracies = []
    for _ in range(500):
        optimizer.zero_grad()
        value, told = discriminator(source, target + offset)
        value.backward()
        optimizer.step()
        accuracies.append(told["accuracy"])
    assert max(accuracies[:100]) > 0.9
    assert np.mean(accuracies[-100:]) < 0.7
    assert float((offset.detach() + 2).abs().mean()) < 0.5  # it began at 2


def test_the_findings_of_the_adversary_tell_its_accuracy_beside_the_distance(pair, frames):
    model, source = made(pair)
    report = rlt.DomainAdversarial(batch=16).with_frames(dark(frames)).attach(model, source)
    model.learn(128)
    told = report.findings["domain_adversarial"]["trunk"]
    assert set(told) == {"distance", "accuracy"}
    assert 0 <= told["accuracy"]["end"] <= 1


@pytest.mark.parametrize(
    ("method", "measure"), [(rlt.MMD, "distance"), (rlt.Coral, "distance"), (rlt.DomainAdversarial, "accuracy")]
)
def test_one_and_the_same_task_is_hardly_told_from_itself_and_another_is(method, measure, vectors):
    told = []
    for frames in (None, np.random.default_rng(0).normal(1, 2, (256, 4)).astype(np.float32)):
        model, source = vectors("ppo", learning_rate=1e-9, n_steps=64, batch_size=256, n_epochs=8)
        source.set_env(model.get_env())
        source.policy.load_state_dict(model.policy.state_dict())
        told_soon = {"learning_rate": 0.05} if method is rlt.DomainAdversarial else {}
        aligned = method(strength=1e-9, source_steps=512, batch=256, **told_soon)
        report = (aligned if frames is None else aligned.with_frames(frames)).attach(model, source)
        model.learn(768)
        told.append(report.findings[method.registered]["trunk"][measure]["end"])
    same, other = told
    if measure == "accuracy":
        assert same == pytest.approx(0.5, abs=0.12)
        assert other > 0.9
    else:
        assert abs(same) < 0.1 * other


def test_the_first_and_the_last_steps_are_told_apart_however_few_there_are(pair, frames):
    model, source = made(pair)
    report = rlt.MMD(batch=8).with_frames(dark(frames)).attach(model, source)
    losses = model.policy.optimizer._optimizer_step_pre_hooks
    assert losses
    told = report.findings["mmd"]["trunk"]
    aligned = next(hook for hook in losses.values() if "add_gradient" in hook.__qualname__).__closure__
    tell = next(cell.cell_contents for cell in aligned if hasattr(cell.cell_contents, "_tell"))._tell
    for count, (start, end) in enumerate([(1, 1), (1, 2), (1, 3), (1.5, 3.5), (1.5, 4.5)], start=1):
        tell({"distance": float(count)})
        assert told["distance"] == {"start": start, "end": end}
    for count in range(6, 101):
        tell({"distance": float(count)})
    assert told["distance"] == {"start": 10.5, "end": 90.5}  # the means of 1 to 20 and of 81 to 100


def test_only_the_trunk_is_moved_by_the_loss(pair, frames):
    """With no learning of its own, the heads stay: their gradients are 0 whatever the features do."""
    model, source = made(pair)
    rlt.MMD(strength=1.0, batch=16).with_frames(dark(frames)).attach(model, source)
    model.collect_rollouts(*_collecting(model))
    next(model.rollout_buffer.get(16))
    for parameter in model.policy.parameters():
        parameter.grad = torch.zeros_like(parameter)
    model.policy.optimizer.step()
    moved = {name for name, p in named_parts(model).items() if (p.grad != 0).any()}
    assert moved == {name for name in learned_parts(model) if name.startswith("trunk.")}


def _collecting(model):
    _, callback = model._setup_learn(64)
    return model.env, callback, model.rollout_buffer, model.n_steps


@pytest.mark.parametrize("method", METHODS)
def test_a_frozen_prefix_stays_cached_and_what_follows_it_is_aligned(method, pair, frames):
    model, source = made(pair)
    aligned = method(strength=1e4, batch=16).with_frames(dark(frames))
    report = rlt.Compose(methods=(rlt.Frozen(at="fc"), aligned)).attach(model, source)
    before = {name: p.detach().clone() for name, p in named_parts(model).items()}
    assert isinstance(model.get_env(), rlt.FeatureCache)
    model.learn(128)
    after = named_parts(model)
    assert torch.equal(after["trunk.conv3.0.weight"], before["trunk.conv3.0.weight"])
    assert not torch.equal(after["trunk.fc.1.weight"], before["trunk.fc.1.weight"])
    assert "distance" in report.findings[method.registered]["trunk"]


def test_it_goes_with_soft_sharing_and_the_agent_is_saved_and_loaded(pair, frames, tmp_path):
    model, source = made(pair)
    method = rlt.Compose(methods=(rlt.MMD(source_steps=64, batch=16), rlt.SoftSharing(strength=1e4)))
    report = method.attach(model, source)
    model.learn(192)
    assert report.of("target")["trunk.fc.1.weight"].fate == "penalised"
    distance = (trunk_of(model).stages["fc"][1].weight - trunk_of(source).stages["fc"][1].weight).abs().max()
    assert 0 < distance < 0.01
    rlt.save(model, tmp_path)
    actions = model.predict(frames, deterministic=True)[0]
    np.testing.assert_array_equal(rlt.load_agent(tmp_path).predict(frames, deterministic=True)[0], actions)


def test_batch_norm_statistics_are_left_to_the_learners_own_frames(tiny, batch_normed, frames):
    ends = []
    for method in (rlt.Finetune(learning_rate_scale=0), rlt.MMD(strength=1e-9, batch=16).with_frames(dark(frames))):
        trunk = batch_normed(precision="float32")
        model, source = tiny("ppo", trunk=trunk), tiny("ppo", trunk=trunk, seed=7)
        model.learning_rate = model.lr_schedule = lambda _: 0.0
        method.attach(model, source)
        model.learn(64)
        ends.append(dict(trunk_of(model).named_buffers()))
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize("method", METHODS)
def test_what_cannot_be_aligned_is_refused_with_the_reason(method, pair, tiny, cartpole, frames):
    model, source = made(pair)
    source.env = None
    with pytest.raises(NotApplicableError, match="no environment"):
        method().attach(model, source)
    with pytest.raises(NotApplicableError, match="frozen whole"):
        rlt.Compose(methods=(rlt.Frozen(), method().with_frames(frames))).attach(*made(pair))
    with pytest.raises(NotApplicableError, match="natural gradients"):
        method().attach(*made(pair, "trpo"))
    with pytest.raises(NotApplicableError, match="there are 1"):
        method().with_frames(frames[:1]).attach(*made(pair))
    with pytest.raises(NotApplicableError, match="shapes"):
        method().attach(tiny("ppo", cartpole(), n_steps=16), source)
    with pytest.raises(ConfigError, match="strength"):
        method(strength=-1)
    other = rlt.Coral() if method is not rlt.Coral else rlt.MMD()
    with pytest.raises(ConfigError, match="both decide how features are aligned"):
        rlt.Compose(methods=(method(), other))


@pytest.mark.parametrize("method", [rlt.MMD(source_steps=16), rlt.InverseDynamics(frames=16, updates=1, batch_size=4)])
def test_a_trunk_without_weights_is_named_as_the_reason(method, tiny, cartpole):
    model, source = (tiny("ppo", cartpole(), trunk="flatten", n_steps=16, seed=seed) for seed in (0, 7))
    with pytest.raises(NotApplicableError, match="this trunk has no weights"):
        method.attach(model, source)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_of_observations_in_parts_the_trunks_part_is_aligned(algorithm, tiny, rover):
    drawn, told = Randomization(factors=("slip", "speed"), split="full"), Context(visibility="side", factors=("slip",))
    model, source = (
        tiny(algorithm, rover(randomize=drawn, context=told, seed=seed), trunk=SMALL, seed=seed) for seed in (0, 7)
    )
    method = rlt.Compose(methods=(rlt.MMD(source_steps=32, batch=8), rlt.Augmentation()))
    report = method.attach(model, source)
    model.learn(96)
    assert report.findings["mmd"]["trunk"]["distance"]["end"] != 0


@pytest.mark.parametrize("method", METHODS)
def test_vectors_under_running_statistics_are_aligned_too(method, tiny, cartpole):
    model, source = (
        tiny("ppo", cartpole(seed=seed), n_steps=16, seed=seed, normalize="observations") for seed in (0, 7)
    )
    report = method(source_steps=64, batch=16).attach(model, source)
    model.learn(128)
    assert report.findings[method.registered]["trunk"]["distance"]["end"] != 0


def test_alignment_is_of_features_in_bfloat16_too(tiny, frames):
    trunk = Nature(features=32, precision="bfloat16")
    model, source = (tiny("ppo", trunk=trunk, seed=seed) for seed in (0, 7))
    report = rlt.MMD(strength=1e-9, batch=16).with_frames(dark(frames)).attach(model, source)
    model.learn(64)
    assert report.findings["mmd"]["trunk"]["distance"]["end"] > 0.1
