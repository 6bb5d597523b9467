"""Learning from labels in the place of rewards, and every transfer method on such a learner."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, named_parts, trunk_of
from rltransfer.agents.feature_cache import CodeTable, FeatureCache
from rltransfer.agents.resting import at_rest
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.registry import METHODS as REGISTERED_METHODS
from rltransfer.tasks.labelled import Classification, Examples, OneExampleEpisodes
from rltransfer.tasks.making import vec_env
from rltransfer.training.example_evaluation import evaluator_for
from rltransfer.trunks.specs import MLP, Nature

CLASSES = ("left", "middle", "right")
SMALL = Nature(features=16, precision="float32")


def bars(num, *, seed, colour=0, classes=CLASSES):
    """Noise with a bright bar whose place is the class."""
    draws = np.random.default_rng(seed)
    labels = draws.integers(0, len(classes), num)
    images = draws.integers(0, 60, (num, 36, 36, 3)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4:32, 4 + 10 * label : 10 + 10 * label, colour] += 120
    return Examples(inputs=images, labels=labels, classes=classes)


def family(name="red", *, num=64, seed=0, colour=0, classes=CLASSES):
    train, test = (bars(n, seed=s, colour=colour, classes=classes) for n, s in ((num, seed), (40, seed + 1)))
    return Classification(name, train=train, test=test)


def learner(data, *, seed=0, trunk=SMALL, **options):
    options = {"num_envs": 16, **options}
    env = vec_env(data.task(), num_envs=options["num_envs"])
    return rlt.make_agent("classifier", env, trunk=trunk, seed=seed, device="cpu", **options)


@pytest.fixture(scope="module")
def red():
    return family()


@pytest.fixture(scope="module")
def green():
    return family("green", seed=5, colour=1)


def test_every_example_is_seen_once_before_any_is_seen_again(red):
    env = OneExampleEpisodes(red.train, num_envs=24)
    env.reset(seed=[3] * 24)
    seen = [env.seen.copy()]
    for _ in range(7):
        _, rewards, ended, _, more = env.step(np.zeros(24))
        assert np.array_equal(rewards, red.train.labels[seen[-1]] == 0)
        assert np.array_equal(more["final_info"]["is_success"], rewards == 1)
        assert ended.all()
        assert np.array_equal(env.labels, red.train.labels[env.seen])
        seen.append(env.seen.copy())
    passes = np.concatenate(seen).reshape(3, 64)
    assert (np.sort(passes, axis=1) == np.arange(64)).all()
    assert not np.array_equal(passes[0], passes[1])
    again, other = (OneExampleEpisodes(red.train, num_envs=24) for _ in range(2))
    again.reset(seed=3)
    other.reset(seed=4)
    assert np.array_equal(again.seen, seen[0])
    assert not np.array_equal(other.seen, seen[0])


@pytest.mark.parametrize("optimizer_name", ["adam", "sgd"])
def test_it_learns_as_a_loop_in_plain_torch_does(red, optimizer_name):
    options = {"optimizer_name": optimizer_name, "weight_decay": 0.01, "label_smoothing": 0.1, "learning_rate": 0.01}
    model = learner(red, **options)
    trunk, head = SMALL.build((3, 36, 36)), torch.nn.Linear(16, 3)
    trunk.load_state_dict(trunk_of(model).state_dict())
    head.load_state_dict(model.policy.action_net.state_dict())
    parameters = [*trunk.parameters(), *head.parameters()]
    optimizer = {
        "adam": lambda: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.01),
        "sgd": lambda: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.01),
    }[optimizer_name]()
    order = np.random.default_rng(0)
    places = np.concatenate([order.permutation(64) for _ in range(2)]).reshape(8, 16)
    model.learn(128)
    for batch in places:
        images = torch.as_tensor(red.train.inputs[batch]).permute(0, 3, 1, 2)
        loss = torch.nn.functional.cross_entropy(
            head(trunk(images)), torch.as_tensor(red.train.labels[batch]), label_smoothing=0.1
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 10.0)
        optimizer.step()
    assert model.num_timesteps == 128
    for ours, theirs in zip(named_parts(model).values(), parameters, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_it_learns_what_the_classes_are_and_again_the_same(red):
    evaluator = evaluator_for(red.task(), episodes=7, seed=0)
    model = learner(red, learning_rate=3e-3)
    before = evaluator.measure(model)
    assert len(before.returns) == 40
    model.learn(1_500)
    again = learner(red, learning_rate=3e-3)
    again.learn(1_500)
    after = evaluator.measure(model)
    named = model.predict(np.moveaxis(red.test.inputs, -1, 1), deterministic=True)[0]
    assert np.array_equal(after.returns, named == red.test.labels)
    assert after.success_rate == after.returns.mean() > max(0.9, before.returns.mean())
    assert all(torch.equal(p, named_parts(again)[name]) for name, p in named_parts(model).items())


def test_it_has_a_trunk_and_one_head_and_is_saved_with_them(red, tmp_path):
    model = learner(red, net_arch=(8,), optimizer_name="sgd", weight_decay=0.1)
    model.learn(64)
    assert {name.split(".")[0] for name in heads(model)} == {"mlp_extractor", "action_net"}
    assert not any("value" in name for name in heads(model))
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    images = np.moveaxis(red.test.inputs, -1, 1)
    assert np.array_equal(loaded.predict(images, deterministic=True)[0], model.predict(images, deterministic=True)[0])
    settings = rlt.agents.artifact.settings_of(loaded)
    assert (settings.name, settings.optimizer_name, settings.weight_decay) == ("classifier", "sgd", 0.1)
    assert settings.net_arch == (8,)


def test_vectors_are_classified_too():
    draws = np.random.default_rng(0)
    centres = draws.normal(size=(3, 5)) * 4
    parts = []
    for _ in range(2):
        labels = draws.integers(0, 3, 60)
        vectors = (centres[labels] + draws.normal(size=(60, 5))).astype(np.float32)
        parts.append(Examples(inputs=vectors, labels=labels, classes=CLASSES))
    data = Classification("clusters", train=parts[0], test=parts[1])
    model = learner(data, trunk=MLP(), learning_rate=0.01)
    model.learn(1_000)
    assert evaluator_for(data.task(), episodes=1, seed=0).measure(model).returns.mean() > 0.9


def test_each_example_is_encoded_once_and_training_is_as_without_a_cache(red, green, monkeypatch):
    source = learner(red, seed=7)
    source.learn(320)
    cached, plain = learner(green), learner(green)
    rlt.Frozen().attach(cached, source)
    rlt.Frozen(cache=False).attach(plain, source)
    assert isinstance(cached.get_env(), CodeTable)
    encoded = []
    encode = CodeTable.encode
    monkeypatch.setattr(
        CodeTable, "encode", lambda self, seen: encoded.append(len(seen)) or encode(self, seen), raising=True
    )
    cached.learn(640)
    plain.learn(640)
    assert sum(encoded) == len(green.train)
    for name, parameter in named_parts(cached).items():
        torch.testing.assert_close(parameter, named_parts(plain)[name], rtol=1e-4, atol=1e-6)
    evaluator = evaluator_for(green.task(), episodes=1, seed=0)
    encoded.clear()
    first, second = evaluator.measure(cached).returns, evaluator.measure(cached).returns
    assert sum(encoded) == len(green.test)
    assert np.array_equal(first, second)
    assert np.array_equal(first, evaluator_for(green.task(), episodes=1, seed=0).measure(plain).returns)


def test_heads_go_by_the_names_of_classes(red):
    source = learner(red, seed=7)
    same, other = learner(family("blue", colour=2)), learner(family("others", classes=("a", "b", "c")))
    copied = rlt.Finetune().attach(same, source).of("target")
    fresh = rlt.Finetune().attach(other, source).of("target")
    assert copied["action_net.weight"].fate == "copied"
    assert fresh["action_net.weight"].fate == "re-initialised"
    assert fresh["trunk.fc.1.weight"].fate == "copied"


METHODS = [
    rlt.Finetune(learning_rate_scale="lecture"),
    rlt.Frozen(at="conv3"),
    rlt.SoftSharing(strength=0.1),
    rlt.EWC(steps=16),
    rlt.Coupling(),
    rlt.HardSharing(),
    rlt.HardSharing(gradients="pcgrad"),
    rlt.ShrinkPerturb(),
    rlt.WeightInterpolation(),
    rlt.GradualUnfreezing(steps_per_stage=32),
    rlt.Adapters(),
    rlt.Progressive(),
    rlt.SourceEnsemble(),
    rlt.MMD(source_steps=32),
    rlt.Coral(source_steps=32),
    rlt.DomainAdversarial(source_steps=32),
    rlt.Kickstarting(),
    rlt.Distillation(steps=32, epochs=1),
    rlt.BehaviourCloning(steps=32, epochs=1),
    rlt.Compose(methods=(rlt.Finetune(), rlt.Augmentation())),
    rlt.Contrastive(frames=32, updates=2),
    rlt.InverseDynamics(frames=32, updates=2, batch_size=8),
    rlt.Compose(methods=(rlt.Finetune(), rlt.AdaptiveBatchNorm(steps=32))),
    rlt.Relations(stages=("conv3", "fc")),
    rlt.Mapped(actions={0: 2, 2: 0}),
]


def test_every_method_that_serves_it_is_among_those_tried():
    tried = {part.registered for method in METHODS for part in method.together()}
    classifier = ALGORITHMS.get("classifier")
    methods = {name: REGISTERED_METHODS.get(name) for name in REGISTERED_METHODS if name != "compose"}
    assert tried == {name for name, kind in methods.items() if kind().refusal(classifier) is None} - {
        "scratch",
        "direct",
    }


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.label)
def test_methods_attach_to_it_as_to_agents(method, red, green, tmp_path):
    normed = any(isinstance(part, rlt.AdaptiveBatchNorm) for part in method.together())
    trunk = SMALL.model_copy(update={"batch_norm": normed})
    source, model, scratch = (learner(data, seed=s, trunk=trunk) for data, s in ((red, 7), (green, 0), (green, 0)))
    source.learn(64)
    report = method.attach(model, source if method.takes_source else None)
    assert set(report.of("target")) == set(named_parts(model))
    model.learn(64)
    scratch.learn(64)
    ours, theirs = named_parts(model), named_parts(scratch)
    assert not all(name in theirs and torch.equal(p, theirs[name]) for name, p in ours.items())
    rlt.save(model, tmp_path)
    images = np.moveaxis(green.test.inputs, -1, 1)
    again = rlt.load_agent(tmp_path, device="cpu").predict(images, deterministic=True)[0]
    with at_rest(model):
        assert np.array_equal(again, model.predict(images, deterministic=True)[0])


def test_an_agents_trunk_classifies_and_a_classifiers_trunk_acts(red, tiny, small):
    pixels = np.random.default_rng(0).integers(0, 255, (32, 64, 64, 3)).astype(np.uint8)
    frames = Examples(inputs=pixels, labels=np.arange(32) % 3, classes=CLASSES)
    data = Classification("frames", train=frames, test=frames)
    agent, model = tiny("ppo"), learner(data, trunk=small)
    report = rlt.Frozen(heads="reinit").attach(model, agent)
    assert report.of("target")["trunk.conv1.0.weight"].fate == "frozen"
    model.learn(32)
    player = tiny("ppo", seed=3)
    rlt.Finetune(heads="reinit").attach(player, model)
    assert all(
        torch.equal(ours, theirs)
        for ours, theirs in zip(trunk_of(player).parameters(), trunk_of(model).parameters(), strict=True)
    )
    player.learn(64)


def test_bad_data_and_tasks_without_labels_are_refused(red, rover, small):
    images = red.train.inputs
    with pytest.raises(ConfigError, match="give one for each"):
        Examples(inputs=images, labels=np.zeros(3), classes=CLASSES)
    with pytest.raises(ConfigError, match="labels go from 0 to 3, and there are 3 classes"):
        Examples(inputs=images[:4], labels=np.arange(4), classes=CLASSES)
    with pytest.raises(ConfigError, match="other classes"):
        Classification("x", train=red.train, test=bars(4, seed=0, classes=("a", "b", "c")))
    smaller = Examples(inputs=images[:, ::2, ::2], labels=red.train.labels, classes=CLASSES)
    with pytest.raises(ConfigError, match="those to test on"):
        Classification("x", train=red.train, test=smaller)
    model = rlt.make_agent("classifier", rover(), trunk=small, seed=0, device="cpu", num_envs=4)
    with pytest.raises(NotApplicableError, match="this environment has none"):
        model.learn(8)


def test_an_environment_that_has_such_names_by_chance_is_no_data_set(tiny, rover):
    env = rover()
    env.vector_env.seen, env.vector_env.labels, env.vector_env.examples = [0], [0], [0]
    model, source = tiny("ppo", env), tiny("ppo", seed=7)
    rlt.Frozen().attach(model, source)
    assert type(model.get_env()) is FeatureCache
    model.learn(64)


def test_soft_sharing_begins_heads_afresh_where_asked_to(red):
    source = learner(red, seed=7)
    source.learn(64)
    model, fresh = learner(family("blue", colour=2)), learner(family("blue", colour=2))
    fates = rlt.SoftSharing(heads="reinit").attach(model, source).of("target")
    assert fates["action_net.weight"].fate == "re-initialised"
    assert torch.equal(model.policy.action_net.weight, fresh.policy.action_net.weight)
    assert fates["trunk.fc.1.weight"].fate == "penalised"


def test_examples_that_may_not_be_written_are_measured_without_a_warning():
    data = family()
    data.test.inputs.setflags(write=False)
    assert len(evaluator_for(data.task(), episodes=1, seed=0).measure(learner(data)).returns) == 40
