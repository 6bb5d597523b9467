"""Agents are Stable-Baselines3 models: made, stopped where they cannot work, and reading what they are given."""

import numpy as np
import pytest
import stable_baselines3
import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor

import rltransfer as rlt
from rltransfer.agents.adoption import adopt
from rltransfer.agents.anatomy import named_parts, trunk_of, trunk_sites
from rltransfer.agents.artifact import save, settings_of
from rltransfer.errors import ConfigError, SpaceMismatchError, UnknownNameError
from rltransfer.trunks.specs import MLP, Impala, Nature
from rltransfer_envs.rover.env import RoverEnv


@pytest.mark.parametrize(
    ("algorithm", "robot", "kind"),
    [
        ("ppo", "omni", stable_baselines3.PPO),
        ("ppo", "hovercraft", stable_baselines3.PPO),
        ("dqn", "omni", stable_baselines3.DQN),
    ],
)
def test_an_agent_is_a_stable_baselines_model_that_learns_and_acts(algorithm, robot, kind, tiny, rover, snapshot):
    env = rover(robot)
    model = tiny(algorithm, env)
    assert isinstance(model, kind)
    before = snapshot(model)
    assert model.learn(128) is model
    after = named_parts(model)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in after if "target" not in name} == moved
    actions, state = model.predict(env.reset(), deterministic=True)
    assert state is None
    assert actions.shape[0] == 4
    assert all(env.action_space.contains(action) for action in actions)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_hyperparameters_arrive_and_misspelt_ones_are_refused(algorithm, cartpole):
    model = rlt.make_agent(algorithm, cartpole(), gamma=0.9, learning_rate=0.01, batch_size=8, seed=3, device="cpu")
    assert (model.gamma, model.learning_rate, model.batch_size, model.seed, model.n_envs) == (0.9, 0.01, 8, 3, 4)
    with pytest.raises(ConfigError, match="Did you mean 'gamma'"):
        rlt.make_agent(algorithm, cartpole(), gama=0.9)
    with pytest.raises(ConfigError, match="learning_rate: is 0, but must be more than 0"):
        rlt.make_agent(algorithm, cartpole(), learning_rate=0)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_a_linear_learning_rate_falls_to_nothing_over_the_budget(algorithm, tiny, cartpole, tmp_path):
    model = tiny(algorithm, cartpole(), learning_rate=0.01, learning_rate_schedule="linear")
    rates = []
    model.policy.optimizer.register_step_pre_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    model.learn(256)
    assert rates == sorted(rates, reverse=True)
    assert 0 <= rates[-1] < 0.006 < rates[0] <= 0.01  # the first update comes when part of the budget is spent
    save(model, tmp_path / "agent")
    again = settings_of(rlt.load_agent(tmp_path / "agent"))
    assert (again.learning_rate, again.learning_rate_schedule) == (0.01, "linear")


def test_names_and_spaces_that_do_not_hold_are_refused_with_advice(rover, cartpole):
    with pytest.raises(UnknownNameError, match="unknown algorithm 'pop'"):
        rlt.make_agent("pop", cartpole())
    with pytest.raises(UnknownNameError, match=r"unknown trunk 'natur'\. Did you mean 'nature'"):
        rlt.make_agent("ppo", cartpole(), trunk="natur")
    with pytest.raises(SpaceMismatchError, match=r"algorithm 'dqn' learns discrete actions, not Box.*another robot"):
        rlt.make_agent("dqn", rover("hovercraft"))
    with pytest.raises(SpaceMismatchError, match="Use trunk 'mlp' for vectors"):
        rlt.make_agent("ppo", cartpole(), trunk="nature")
    with pytest.raises(ConfigError, match=r"trunk: needs a name or a trunk's settings, not dict\. Write"):
        rlt.make_agent("ppo", cartpole(), trunk={"name": "mlp"})


def test_the_usual_trunk_is_nature_for_images_and_mlp_for_vectors_and_the_sources_where_there_is_one(
    rover, cartpole, tiny
):
    assert trunk_of(rlt.make_agent("ppo", rover(), device="cpu")).spec == Nature()
    assert trunk_of(rlt.make_agent("dqn", cartpole(), device="cpu")).spec == MLP()
    source = tiny("ppo", trunk=Impala(channels=(4, 8), features=8))
    assert trunk_of(rlt.make_agent("ppo", rover(), source=source, method=rlt.Finetune(), device="cpu")).spec == (
        trunk_of(source).spec
    )


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_the_same_seed_makes_the_same_agent(algorithm, cartpole):
    first, second, third = (
        named_parts(rlt.make_agent(algorithm, cartpole(), seed=seed, device="cpu")) for seed in (5, 5, 6)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], third[name]) for name in first)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_frames_are_read_one_or_many_in_either_layout(algorithm, tiny, undecided, frames):
    model = undecided(tiny(algorithm))
    expected = model.predict(frames, deterministic=True)[0]
    assert len(set(expected.tolist())) > 1
    for given in (frames, np.ascontiguousarray(frames.transpose(0, 2, 3, 1))):
        np.testing.assert_array_equal(model.predict(given, deterministic=True)[0], expected)
        assert [int(model.predict(one, deterministic=True)[0]) for one in given] == expected.tolist()
        assert model.predict(given[0], deterministic=True)[0].shape == ()


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_pixels_reach_the_trunk_as_bytes_and_are_scaled_once(algorithm, tiny, frames):
    """The policy's judgement is the trunk's features of frames / 255, worked out by hand from the head's weights."""
    model = tiny(algorithm)
    seen = []
    trunk_of(model).register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].dtype))
    tensor, _ = model.policy.obs_to_tensor(frames)
    with torch.no_grad():
        head = model.policy.action_net if algorithm == "ppo" else model.q_net.q_net[0]
        if algorithm == "ppo":
            logits = model.policy.get_distribution(tensor).distribution.logits
            expected = torch.log_softmax(head(trunk_of(model)(tensor.float() / 255)), 1)
        else:
            logits, expected = model.q_net(tensor), head(trunk_of(model)(tensor.float() / 255))
    assert seen[0] == torch.uint8
    torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-5)


def test_ppo_has_one_trunk_and_dqn_one_more_in_its_target_network(tiny):
    (only,) = trunk_sites(tiny("ppo"))
    assert (only.path, only.role, len(only.places)) == ("features_extractor", "online", 3)
    online, follower = trunk_sites(tiny("dqn"))
    assert (online.path, online.role) == ("q_net.features_extractor", "online")
    assert (follower.path, follower.role) == ("q_net_target.features_extractor", "target")
    assert online.trunk is not follower.trunk


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_the_names_of_parts_are_every_parameter_once(algorithm, tiny):
    model = tiny(algorithm)
    parts = named_parts(model)
    assert {id(p) for p in parts.values()} == {id(p) for p in model.policy.parameters()}
    assert len({id(p) for p in parts.values()}) == len(parts)


class Foreign(BaseFeaturesExtractor):
    """What somebody else extracts features with."""

    def __init__(self, observation_space):
        super().__init__(observation_space, 4)
        self.layer = torch.nn.Linear(3 * 64 * 64, 4)

    def forward(self, observations):
        return self.layer(observations.flatten(1))


def test_a_foreign_features_extractor_is_refused_with_advice(tiny, tmp_path):
    model = PPO("CnnPolicy", RoverEnv(), policy_kwargs={"features_extractor_class": Foreign}, device="cpu")
    message = 'the Foreign of this PPO is not a trunk. Build the model with rltransfer.make_agent, or .* "CnnPolicy"'
    with pytest.raises(SpaceMismatchError, match=message):
        adopt(model)
    with pytest.raises(SpaceMismatchError, match=message):
        rlt.Finetune().attach(model, tiny("ppo"))
    with pytest.raises(SpaceMismatchError, match=message):
        rlt.save(model, tmp_path)


def test_a_model_that_reads_pixels_unscaled_is_refused(small):
    """Its first layer expects 0 to 255; a trunk would hand it 0 to 1."""
    model = PPO(
        "CnnPolicy",
        RoverEnv(),
        device="cpu",
        policy_kwargs={"normalize_images": False, "features_extractor_kwargs": {"normalized_image": True}},
    )
    with pytest.raises(SpaceMismatchError, match="normalize_images"):
        adopt(model)


def test_adopting_one_model_leaves_others_of_its_class_alone():
    one, other = (A2C("CnnPolicy", RoverEnv(), device="cpu") for _ in range(2))
    adopt(one)
    assert type(other.policy) is type(A2C("CnnPolicy", RoverEnv(), device="cpu").policy)
    assert type(one.policy) is not type(other.policy)
    assert isinstance(one.policy, type(other.policy))
    assert trunk_of(one).stage_names == Nature().stage_names()
    assert trunk_of(one).features_dim == 512


def test_stable_baselines_own_save_and_load_still_work(tmp_path, tiny, frames):
    for algorithm in ("ppo", "dqn"):
        model = tiny(algorithm)
        model.save(tmp_path / algorithm)
        again = type(model).load(tmp_path / algorithm, device="cpu")
        np.testing.assert_array_equal(
            again.predict(frames, deterministic=True)[0], model.predict(frames, deterministic=True)[0]
        )
        ours, theirs = model.policy.state_dict(), again.policy.state_dict()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
