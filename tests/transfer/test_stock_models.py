"""Every method, in two lines, on models that Stable-Baselines3 made."""

import numpy as np
import pytest
import torch
from gymnasium import Env, spaces
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, learned_parts, named_parts, trunk_sites
from rltransfer.errors import NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.registry import METHODS as REGISTERED
from rltransfer_envs.rover.env import RoverEnv

PLAYED = {"frames": 16, "updates": 1, "batch_size": 4}
TAUGHT = {"steps": 16, "epochs": 1, "batch_size": 8}
METHODS = {
    "direct": rlt.Direct(),
    "finetune": rlt.Finetune(learning_rate_scale="lecture"),
    "ewc": rlt.EWC(steps=4),
    "gradual_unfreezing": rlt.GradualUnfreezing(steps_per_stage=4),
    "contrastive": rlt.Contrastive(**PLAYED),
    "inverse_dynamics": rlt.InverseDynamics(**PLAYED),
    "instances": rlt.Instances(transitions=16, every=8),
    "relations": rlt.Relations(stages=("fc",)),
    **{name: REGISTERED.get(name)(source_steps=16, batch=8) for name in ("mmd", "coral", "domain_adversarial")},
    "adaptive_batch_norm": rlt.AdaptiveBatchNorm(steps=8),
    "distillation": rlt.Distillation(**TAUGHT),
    "behaviour_cloning": rlt.BehaviourCloning(**TAUGHT),
    "jump_start": rlt.JumpStart(schedule="linear", horizon=4),
    "mapped": rlt.Mapped(actions={0: 1}),
    "compose": rlt.Compose(methods=(rlt.Frozen(at="conv3"), rlt.SoftSharing(strength=1e-3))),
}
METHODS |= {name: REGISTERED.get(name)() for name in REGISTERED if name not in METHODS}
NO_PLACE = {"adaptive_batch_norm": "no batch normalisation", "successor_features": "does not serve"}
"""Methods for which a stock model lacks what they need, whatever its algorithm."""


class Pictures(Env):
    """Random pictures as small as the stock extractor takes; four choices, or two numbers."""

    observation_space = spaces.Box(0, 255, (3, 36, 36), np.uint8)

    def __init__(self, *, continuous):
        self.action_space = spaces.Box(-1, 1, (2,)) if continuous else spaces.Discrete(4)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._seen(), {}

    def step(self, action):
        return self._seen(), float(np.sum(action)), False, bool(self.np_random.random() < 0.2), {}

    def _seen(self):
        return self.np_random.integers(0, 256, (3, 36, 36)).astype(np.uint8)


def stock(algorithm, env=None, **options):
    """A model of the library's own class, on its own picture policy with 16 features."""
    settings = ALGORITHMS.get(algorithm)
    env = Pictures(continuous="discrete" not in settings.actions) if env is None else env
    kind = settings.sb3_class()
    if issubclass(kind, OffPolicyAlgorithm):
        options |= {"buffer_size": 100, "learning_starts": 8, "train_freq": 4, "batch_size": 8}
    else:
        options |= {"n_steps": 8, **({} if algorithm == "a2c" else {"batch_size": 8})}
    small = {"features_extractor_kwargs": {"features_dim": 16}, "net_arch": [16] if settings.trunk_copies > 1 else []}
    options["policy_kwargs"] = small | options.get("policy_kwargs", {})
    return kind("CnnLstmPolicy" if algorithm == "recurrent_ppo" else "CnnPolicy", env, device="cpu", **options)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "sac", "td3"])
@pytest.mark.parametrize("name", [*REGISTERED])
def test_a_stock_model_learns_after_any_method_was_attached(algorithm, name, snapshot):
    method, source, model = METHODS[name], stock(algorithm, seed=7), stock(algorithm, seed=0)
    if name in NO_PLACE or method.refusal(ALGORITHMS.get(algorithm)) is not None:
        with pytest.raises(NotApplicableError, match=NO_PLACE.get(name, "does not serve")) as told:
            method.attach(model, source)
        assert "\n" not in str(told.value)
        return
    report = method.attach(model, source)
    assert [*report.of("target")] == [*named_parts(model)]
    before = snapshot(model)
    model.learn(24)
    assert model.num_timesteps == 24
    after = named_parts(model)
    moved = {name for name in learned_parts(model) if not torch.equal(after[name], before[name])}
    assert moved & set(heads(model))


OTHERS = sorted({*ALGORITHMS} - {"ppo", "dqn", "sac", "td3", "crossq", "classifier", "successor_dqn"})
"""CrossQ has no policy for pictures; the last two are no models of the library."""


@pytest.mark.parametrize("algorithm", OTHERS)
def test_stock_models_of_the_other_algorithms_are_as_good(algorithm, snapshot):
    source, model = stock(algorithm, seed=7), stock(algorithm, seed=0)
    report = rlt.Frozen(at="conv3").attach(model, source)
    assert {e.fate for n, e in report.of("target").items() if ".conv2" in n} == {"frozen"}
    before = snapshot(model)
    model.learn(24)
    after = named_parts(model)
    moved = {name for name in learned_parts(model) if not torch.equal(after[name], before[name])}
    assert moved & set(heads(model))
    assert not any(".conv2" in name for name in moved)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_adoption_changes_no_judgement_of_a_stock_model(algorithm, frames):
    """The extractor becomes a trunk of the very same parameters, in float32 as before; rounding may differ."""
    from rltransfer.agents.adoption import adopt

    model = stock(algorithm, RoverEnv(), seed=0)

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


@pytest.mark.parametrize("name", ["scratch", "finetune", "frozen", "soft_sharing", "hard_sharing"])
def test_separate_extractors_for_actor_and_critic_are_both_reached(name, snapshot):
    method = METHODS[name]
    options = {"policy_kwargs": {"share_features_extractor": False}}
    source, model = stock("ppo", seed=7, **options), stock("ppo", seed=0, **options)
    report = method.attach(model, source)
    assert any(name.startswith("vf_features_extractor") for name in report.of("target"))
    if isinstance(method, rlt.HardSharing):
        ours, theirs = ([site.trunk for site in trunk_sites(m)] for m in (model, source))
        assert len(ours) == 2
        assert all(one is other for one, other in zip(ours, theirs, strict=True))
    before = snapshot(model)
    model.learn(16)
    assert not torch.equal(named_parts(model)["value_net.weight"], before["value_net.weight"])


@pytest.mark.parametrize("name", ["scratch", "finetune", "frozen", "soft_sharing", "hard_sharing", "direct"])
def test_hidden_layers_between_trunk_and_outputs_are_heads(name):
    options = {"policy_kwargs": {"net_arch": [16]}}
    source, model = stock("ppo", seed=7, **options), stock("ppo", seed=0, **options)
    report = METHODS[name].attach(model, source)
    assert {"mlp_extractor.policy_net.0.weight", "mlp_extractor.value_net.0.weight"} <= set(report.of("target"))
    model.learn(16)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_where_actions_differ_hidden_layers_and_state_values_are_still_copied_together(algorithm):
    options = {"policy_kwargs": {"net_arch": [16]}}
    source, model = (
        stock(algorithm, RoverEnv(), seed=7, **options),
        stock(algorithm, RoverEnv(robot="differential"), **options),
    )
    report = rlt.Finetune().attach(model, source)
    fresh = {n for n, e in report.of("target").items() if e.fate == "re-initialised"}
    if algorithm == "ppo":
        assert fresh == {"action_net.weight", "action_net.bias"}
    else:
        assert fresh == {f"{net}.q_net.2.{kind}" for net in ("q_net", "q_net_target") for kind in ("weight", "bias")}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_an_action_mapping_reaches_through_hidden_layers(algorithm, frames):
    options = {"policy_kwargs": {"net_arch": [16]}}
    source, model = (
        stock(algorithm, RoverEnv(robot="differential"), seed=7, **options),
        stock(algorithm, RoverEnv(), **options),
    )
    rlt.Direct(action_mapping=(3, 1, 2)).attach(model, source)
    theirs = source.predict(frames, deterministic=True)[0]
    assert (model.predict(frames, deterministic=True)[0] == [(3, 1, 2)[action] for action in theirs]).all()


def test_an_agent_with_cached_features_can_be_a_source_in_turn(frames):
    first, second, third = (stock("ppo", RoverEnv(), seed=seed) for seed in range(3))
    rlt.Frozen(at="conv3").attach(second, first)
    second.learn(16)
    report = rlt.Direct().attach(third, second)
    assert set(report.counts()) == {"copied"}
    assert (third.predict(frames, deterministic=True)[0] == second.predict(frames, deterministic=True)[0]).all()
