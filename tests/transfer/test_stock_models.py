"""Every method, in two lines, on models that Stable-Baselines3 made."""

import pytest
import torch
from stable_baselines3 import DQN, PPO

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_sites
from rltransfer_envs.rover.env import RoverEnv

METHODS = [
    rlt.Scratch(),
    rlt.Finetune(learning_rate_scale="lecture"),
    rlt.Frozen(at="end"),
    rlt.Frozen(at="conv3"),
    rlt.SoftSharing(strength=1e-3),
    rlt.HardSharing(),
    rlt.Direct(),
]


def stock(algorithm, robot="omni", **options):
    if algorithm == "ppo":
        return PPO("CnnPolicy", RoverEnv(robot=robot), n_steps=16, batch_size=16, n_epochs=1, device="cpu", **options)
    return DQN("CnnPolicy", RoverEnv(robot=robot), buffer_size=100, learning_starts=8, device="cpu", **options)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.registered)
def test_a_stock_model_learns_after_any_method_was_attached(algorithm, method, snapshot):
    source = stock(algorithm, seed=7)
    model = stock(algorithm, seed=0)
    report = method.attach(model, source)
    assert [*report.of("target")] == [*named_parts(model)]
    before = snapshot(model)
    model.learn(32)
    assert model.num_timesteps == 32
    head = named_parts(model)["action_net.weight" if algorithm == "ppo" else "q_net.q_net.0.weight"]
    assert not torch.equal(head, before["action_net.weight" if algorithm == "ppo" else "q_net.q_net.0.weight"])


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_adoption_changes_no_judgement_of_a_stock_model(algorithm, frames):
    """The extractor becomes a trunk of the very same parameters, in float32 as before; rounding may differ."""
    from rltransfer.agents.adoption import adopt

    model = stock(algorithm, seed=0)

    def judgement():
        tensor, _ = model.policy.obs_to_tensor(frames)
        with torch.no_grad():
            return (
                model.q_net(tensor) if algorithm == "dqn" else model.policy.get_distribution(tensor).distribution.logits
            )

    before, parameters = judgement(), {id(p) for p in model.policy.parameters()}
    torch.manual_seed(5)
    drawn = torch.rand(())
    torch.manual_seed(5)
    adopt(model)
    assert torch.rand(()) == drawn, "adopting must not move what the model draws next"
    torch.testing.assert_close(judgement(), before, rtol=1e-4, atol=1e-5)
    assert {id(p) for p in model.policy.parameters()} == parameters
    adopt(model)
    assert {id(p) for p in model.policy.parameters()} == parameters


@pytest.mark.parametrize("method", [m for m in METHODS if not isinstance(m, rlt.Direct)], ids=lambda m: m.registered)
def test_separate_extractors_for_actor_and_critic_are_both_reached(method, snapshot):
    options = {"policy_kwargs": {"share_features_extractor": False}}
    source, model = stock("ppo", seed=7, **options), stock("ppo", seed=0, **options)
    report = method.attach(model, source)
    assert any(name.startswith("vf_features_extractor") for name in report.of("target"))
    if isinstance(method, rlt.HardSharing):
        ours, theirs = ([site.trunk for site in trunk_sites(m)] for m in (model, source))
        assert len(ours) == 2
        assert all(one is other for one, other in zip(ours, theirs, strict=True))
    before = snapshot(model)
    model.learn(32)
    assert not torch.equal(named_parts(model)["value_net.weight"], before["value_net.weight"])


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.registered)
def test_hidden_layers_between_trunk_and_outputs_are_heads(method):
    options = {"policy_kwargs": {"net_arch": [16]}}
    source, model = stock("ppo", seed=7, **options), stock("ppo", seed=0, **options)
    report = method.attach(model, source)
    assert {"mlp_extractor.policy_net.0.weight", "mlp_extractor.value_net.0.weight"} <= set(report.of("target"))
    model.learn(32)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_where_actions_differ_hidden_layers_and_state_values_are_still_copied_together(algorithm):
    options = {"policy_kwargs": {"net_arch": [16]}}
    source, model = stock(algorithm, seed=7, **options), stock(algorithm, robot="differential", **options)
    report = rlt.Finetune().attach(model, source)
    fresh = {n for n, e in report.of("target").items() if e.fate == "re-initialised"}
    if algorithm == "ppo":
        assert fresh == {"action_net.weight", "action_net.bias"}
    else:
        assert fresh == {f"{net}.q_net.2.{kind}" for net in ("q_net", "q_net_target") for kind in ("weight", "bias")}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_an_action_mapping_reaches_through_hidden_layers(algorithm, frames):
    options = {"policy_kwargs": {"net_arch": [16]}}
    source, model = stock(algorithm, robot="differential", seed=7, **options), stock(algorithm, **options)
    rlt.Direct(action_mapping=(3, 1, 2)).attach(model, source)
    theirs = source.predict(frames, deterministic=True)[0]
    assert (model.predict(frames, deterministic=True)[0] == [(3, 1, 2)[action] for action in theirs]).all()


def test_an_agent_with_cached_features_can_be_a_source_in_turn(frames):
    first, second, third = (stock("ppo", seed=seed) for seed in range(3))
    rlt.Frozen(at="conv3").attach(second, first)
    second.learn(16)
    report = rlt.Direct().attach(third, second)
    assert set(report.counts()) == {"copied"}
    assert (third.predict(frames, deterministic=True)[0] == second.predict(frames, deterministic=True)[0]).all()
