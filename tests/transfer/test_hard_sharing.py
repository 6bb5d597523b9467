"""Hard sharing: one trunk of the very same tensors, heads apart, and as much of the source as of the target."""

import pytest
import torch
from stable_baselines3.common.vec_env import VecEnvWrapper

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, named_parts, trunk_of, trunk_sites
from rltransfer.errors import NotApplicableError
from rltransfer.trunks.specs import Impala, Nature

ROBOTS = [("omni", "omni"), ("omni", "differential")]


class Count(VecEnvWrapper):
    """Counts environment steps, whoever takes them."""

    steps = 0

    def reset(self):
        return self.venv.reset()

    def step_wait(self):
        self.steps += self.num_envs
        return self.venv.step_wait()


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("robots", ROBOTS)
def test_the_trunk_is_one_storage_and_the_heads_are_two(algorithm, robots, pair):
    model, source = pair(algorithm, robots=robots)
    rlt.HardSharing().attach(model, source)
    ours, theirs = trunk_of(model), trunk_of(source)
    pairs = list(zip(ours.parameters(), theirs.parameters(), strict=True))
    assert all(a is b and a.data_ptr() == b.data_ptr() for a, b in pairs)
    of_source = {p.data_ptr() for p in heads(source).values()}
    assert not of_source & {p.data_ptr() for p in heads(model).values()}
    for target in [site for site in trunk_sites(model) if site.role == "target"]:
        followers = zip(target.trunk.parameters(), ours.parameters(), strict=True)
        assert all(torch.equal(a, b) and a is not b for a, b in followers)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("mover", ["model", "source"])
def test_a_step_of_either_optimizer_moves_the_trunk_of_both_and_its_own_heads_only(algorithm, mover, pair, snapshot):
    model, source = pair(algorithm, robots=ROBOTS[1])
    rlt.HardSharing().attach(model, source)
    moving, resting = (model, source) if mover == "model" else (source, model)
    before = {id(m): snapshot(m) for m in (model, source)}
    for name, parameter in named_parts(moving).items():
        parameter.grad = torch.ones_like(parameter) if "target" not in name else None
    moving.policy.optimizer.step()
    for m in (moving, resting):
        for name, parameter in named_parts(m).items():
            online = "target" not in name
            moved = online and (name.startswith("trunk.") or m is moving)
            assert torch.equal(parameter, before[id(m)][name]) != moved, name


@pytest.mark.parametrize(
    ("algorithm", "ours", "theirs"),
    [
        ("ppo", {}, {}),
        ("ppo", {}, {"n_steps": 32}),
        ("ppo", {"n_steps": 32}, {}),
        ("dqn", {}, {}),
        ("dqn", {}, {"train_freq": 16}),  # rounds of 16 * 4 = 64 steps, which divide 256
    ],
    ids=["ppo", "ppo-longer-rollouts-of-the-source", "ppo-shorter", "dqn", "dqn-rarer-updates-of-the-source"],
)
def test_the_source_takes_as_many_steps_as_the_target_and_its_heads_learn(
    algorithm, ours, theirs, tiny, cartpole, snapshot
):
    envs = Count(cartpole()), Count(cartpole(seed=3))
    model, source = tiny(algorithm, envs[0], **ours), tiny(algorithm, envs[1], seed=7, **theirs)
    rlt.HardSharing().attach(model, source)
    before = snapshot(source)
    model.learn(256)
    assert envs[0].steps == model.num_timesteps == 256
    assert envs[1].steps == 256
    after = named_parts(source)
    assert not any(torch.equal(after[n], before[n]) for n in before if n.endswith("weight") and "target" not in n)
    assert trunk_of(model) is trunk_of(source)


def test_a_source_that_was_trained_long_before_takes_no_more_steps_for_it(tiny, cartpole, tmp_path):
    trained = tiny("ppo", cartpole(seed=3), seed=7).learn(128)
    rlt.save(trained, tmp_path)
    env = Count(cartpole(seed=3))
    source, model = rlt.load_agent(tmp_path, env=env, device="cpu"), tiny("ppo", cartpole())
    assert source.num_timesteps == 128
    rlt.HardSharing().attach(model, source)
    model.learn(128)
    assert env.steps == 128


def test_learning_twice_keeps_them_level(tiny, cartpole):
    envs = Count(cartpole()), Count(cartpole(seed=3))
    model = tiny("ppo", envs[0])
    rlt.HardSharing().attach(model, tiny("ppo", envs[1], seed=7, n_steps=32))
    model.learn(192)  # the source has done two rollouts of 128
    assert (envs[0].steps, envs[1].steps) == (192, 256)
    model.learn(64)
    model.learn(64, reset_num_timesteps=False)
    assert (envs[0].steps, envs[1].steps) == (320, 384)


def test_a_source_with_cached_features_is_not_shared_as_if_it_read_frames(pair, tiny):
    source, first = pair()
    rlt.Frozen().attach(source, first)
    with pytest.raises(NotApplicableError, match="frozen and cached"):
        rlt.HardSharing().attach(tiny("ppo"), source)


def test_starting_from_scratch_gives_both_the_targets_fresh_trunk(pair, snapshot):
    model, source = pair()
    fresh, theirs = snapshot(model), snapshot(source)
    rlt.HardSharing(start="scratch").attach(model, source)
    for name, parameter in named_parts(source).items():
        assert torch.equal(parameter, fresh[name] if name.startswith("trunk.") else theirs[name])
    assert trunk_of(model) is trunk_of(source)
    assert all(torch.equal(parameter, fresh[name]) for name, parameter in named_parts(model).items())


def test_a_source_without_its_environment_is_not_applicable(tiny, tmp_path):
    rlt.save(tiny("ppo"), tmp_path)
    with pytest.raises(NotApplicableError, match=r"it needs its environment: rltransfer.load_agent"):
        rlt.HardSharing().attach(tiny("ppo"), rlt.load_agent(tmp_path, device="cpu"))


def test_trunks_that_differ_and_observations_that_differ_cannot_be_one(tiny, cartpole):
    with pytest.raises(NotApplicableError, match=r"the trunks differ \(fc.1.weight\), so they cannot be one"):
        rlt.HardSharing().attach(tiny("ppo"), tiny("ppo", trunk=Nature(features=24, precision="float32")))
    with pytest.raises(
        NotApplicableError, match=r"one trunk cannot read observations of shapes \(4,\) and \(64, 64, 3\)"
    ):
        rlt.HardSharing().attach(tiny("ppo"), tiny("ppo", cartpole()))


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_acting_follows_what_the_other_learned_in_bfloat16_too(algorithm, pair, frames):
    """The acting copy of a shared trunk is one trunk's, so the source's updates reach the target's actions."""
    model, source = pair(algorithm, trunk=Nature(features=32, precision="bfloat16"))
    rlt.HardSharing().attach(model, source)
    model.predict(frames, deterministic=True)  # makes the copy
    source.learn(64, reset_num_timesteps=False)
    model.policy.set_training_mode(False)
    tensor = torch.as_tensor(frames)
    with torch.no_grad():
        acting = trunk_of(model)(tensor)
    fresh = trunk_of(source).clone().eval()
    with torch.no_grad():
        assert torch.equal(acting, fresh(tensor))


def test_a_trained_dqn_source_fills_its_buffer_before_it_learns_again(tiny, cartpole, tmp_path, snapshot):
    """Its steps are long past ``learning_starts``, but the buffer did not travel: 16 samples of 4 would be learned."""
    rlt.save(tiny("dqn", cartpole(seed=3), seed=7).learn(128), tmp_path)
    source = rlt.load_agent(tmp_path, env=cartpole(seed=3), device="cpu")
    model = tiny("dqn", cartpole(), learning_starts=0)  # learns from its first 16 steps on; the source plays as many
    rlt.HardSharing().attach(model, source)
    before = snapshot(source)
    model.learn(32)
    assert source.replay_buffer.size() * 4 == 32
    assert torch.equal(named_parts(source)["q_net.q_net.0.weight"], before["q_net.q_net.0.weight"])
    model.learn(64)
    assert not torch.equal(named_parts(source)["q_net.q_net.0.weight"], before["q_net.q_net.0.weight"])


def test_trunks_of_other_architectures_cannot_be_one(tiny):
    with pytest.raises(NotApplicableError, match="different architectures"):
        rlt.HardSharing().attach(tiny("ppo"), tiny("ppo", trunk=Impala(channels=(4,), features=32)))


def test_the_source_learns_at_the_targets_place_in_a_schedule(vectors):
    model, source = vectors("ppo", learning_rate_schedule="linear", learning_rate=0.01)
    source.lr_schedule = model.lr_schedule
    rlt.HardSharing().attach(model, source)
    rates = {}
    for learner in (model, source):
        told = rates.setdefault(id(learner), [])
        learner.policy.optimizer.register_step_pre_hook(lambda o, *_, told=told: told.append(o.param_groups[0]["lr"]))
    model.learn(256)
    assert rates[id(source)] == rates[id(model)]
    assert len(set(rates[id(model)])) > 1
