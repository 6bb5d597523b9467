"""What a valid file becomes: defaults, tasks filled in, methods led by the control."""

import pytest
from pydantic import ValidationError

from rltransfer import registry
from rltransfer.config import AdHocFamily, ConfigErrors, ExperimentConfig, parse_experiment
from rltransfer.config.size import size_of
from rltransfer.errors import UnknownNameError
from rltransfer.tasks import Factor, Family
from rltransfer.transfer.methods.finetune import Finetune
from rltransfer.transfer.methods.scratch import Scratch
from rltransfer.trunks.specs import Impala, Nature

LEAST = """\
experiment: least
source: {family: rover, budget: 1e5}
targets: {other: {task: swap}}
methods: []
budget: 40_000
"""


class Depot(Family):
    name = "depot"
    summary = "for this test"
    robots = {"cart": "first", "crane": "second"}  # noqa: RUF012
    tasks = {"fetch": "first", "stack": "second"}  # noqa: RUF012
    factors = {  # noqa: RUF012
        "load": Factor(name="load", kind="dynamics", default=1.0, low=0.0, high=9.0),
        "crates": Factor(name="crates", kind="layout", default=2, low=0, high=9),
    }

    def make_vec(self, task, *, num_envs, render_mode=None):
        raise NotImplementedError


@pytest.fixture
def depot(monkeypatch: pytest.MonkeyPatch) -> Depot:
    family = Depot()
    monkeypatch.setitem(registry.FAMILIES._loaded, "depot", family)
    return family


def test_defaults() -> None:
    config = parse_experiment(LEAST)
    assert config.experiment == "least"
    assert config.seeds == (0, 1, 2, 3, 4)
    assert config.trunk == Nature()
    assert registry.ALGORITHMS.name_of(type(config.agent)) == "ppo"
    assert config.source.budget == 100_000
    assert isinstance(config.source.budget, int)
    assert (config.source.robot, config.source.task, config.source.environment) == ("omni", "reach", {})
    assert config.source.agent is None
    assert config.methods == (Scratch(),)
    assert config.budget == 40_000
    assert (config.evaluation.every, config.evaluation.episodes, config.evaluation.seed) == (
        4_000,
        50,
        10_000,
    )
    assert (config.threshold, config.workers, config.threads) == (None, None, 1)


def test_a_task_that_does_not_exist_suggests_one() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown target 'othr'\. Did you mean 'other'"):
        parse_experiment(LEAST).task("othr")


def test_a_small_budget_is_evaluated_every_step() -> None:
    assert parse_experiment(LEAST.replace("40_000", "7")).evaluation.every == 1


def test_settings_are_frozen() -> None:
    config = parse_experiment(LEAST)
    with pytest.raises(ValidationError):
        config.budget = 3  # type: ignore[misc]


def test_targets_keep_what_they_do_not_name_factor_by_factor(depot: Depot) -> None:
    config = parse_experiment("""\
experiment: depot
source: {family: depot, robot: crane, environment: {load: 3, crates: 2}, budget: 10}
targets:
  heavy: {environment: {load: 9}}
  plain: {environment: {load: 1}}
  crated: {environment: {crates: 5, load: 3}, robot: crane}
  cart: {robot: cart, task: stack}
  rover: {family: rover, environment: {slip: 0.5, noise: 0}}
  gym: {family: {id: CartPole-v1}}
methods: [direct]
budget: 10
""")
    assert config.source.environment == {"load": 3.0}, "a factor at its default counts as not set"
    assert config.task("source").environment == {"load": 3.0}
    assert config.task("heavy").environment == {"load": 9.0}
    assert config.task("heavy").robot == "crane"
    assert config.task("plain").environment == {}
    assert config.targets["plain"].environment == {"load": 1.0}
    assert config.task("crated").environment == {"crates": 5, "load": 3.0}
    assert config.targets["crated"].robot is None, "it names the robot that the source has"
    assert (config.task("cart").robot, config.task("cart").task) == ("cart", "stack")
    assert config.task("cart").environment == {"load": 3.0}
    rover = config.task("rover")
    assert (rover.family, rover.robot, rover.task, rover.environment) == (
        "rover",
        "omni",
        "reach",
        {"slip": 0.5},
    )
    gym = config.task("gym")
    assert gym.family == AdHocFamily(id="CartPole-v1")
    assert (gym.robot, gym.task, gym.environment) == (None, None, {})


def test_every_task_is_one_its_family_makes(depot: Depot) -> None:
    config = parse_experiment(LEAST.replace("rover", "depot").replace("swap", "stack"))
    made = {
        name: depot.task(**config.task(name).model_dump(exclude={"family", "randomize"}))
        for name in ("source", "other")
    }
    assert made["source"] == depot.task()
    assert made["other"] == depot.task(task="stack")


def test_gymnasium_environments() -> None:
    config = parse_experiment("""\
experiment: poles
source:
  family: {id: CartPole-v1, kwargs: {sutton_barto_reward: true}, wrappers: [{time_limit: {steps: 9}}, pixels]}
  budget: 10
targets:
  plain: {family: {id: CartPole-v1}}
methods: [finetune]
budget: 10
""")
    family = config.source.family
    assert isinstance(family, AdHocFamily)
    assert family.kwargs == {"sutton_barto_reward": True}
    assert [registry.WRAPPERS.name_of(type(wrapper)) for wrapper in family.wrappers] == [
        "time_limit",
        "pixels",
    ]
    assert family.wrappers[0].steps == 9
    with pytest.raises(ConfigErrors, match="changes nothing"):
        parse_experiment(
            LEAST.replace("family: rover", "family: {id: A-v0, wrappers: [pixels]}").replace(
                "task: swap", "family: {id: A-v0, wrappers: [{pixels: {width: 64}}], kwargs: {}}"
            )
        )


@pytest.mark.parametrize(
    ("methods", "labels"),
    [
        ("[]", ["scratch"]),
        ("[finetune, scratch]", ["scratch", "finetune"]),
        ("[finetune, {finetune: {heads: reinit, name: cut}}]", ["scratch", "finetune", "cut"]),
        ("[{frozen: }]", ["scratch", "frozen"]),
    ],
)
def test_the_control_is_always_there_and_first(methods: str, labels: list[str]) -> None:
    config = parse_experiment(LEAST.replace("[]", methods))
    assert [method.label for method in config.methods] == labels
    assert isinstance(config.methods[0], Scratch)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            "{frozen: {at: conv9}}",
            r"x:4:29: methods\.1\.frozen\.at: unknown stage 'conv9'\. Did you mean 'conv",
        ),
        (
            "{frozen: {at: block1}}",
            r"x:4:29: methods\.1\.frozen\.at: unknown stage 'block1'\. Known: conv1, conv2",
        ),
        (
            "{soft_sharing: {strength: {conv1: 1, cnv2: 1}}}",
            r"x:4:56: methods\.1\.soft_sharing\.strength\.cnv2: unknown",
        ),
        (
            "{finetune: {learning_rate_scale: {fcc: 1}}}",
            r"x:4:53: methods\.1\.finetune\.learning_rate_scale\.fcc: ",
        ),
    ],
)
def test_stages_that_the_trunk_lacks_are_refused_where_they_are_named(method: str, message: str) -> None:
    with pytest.raises(ConfigErrors, match=message):
        parse_experiment(LEAST.replace("[]", f"[direct, {method}]"), name="x")


def test_stages_that_the_trunk_has_are_not() -> None:
    text = LEAST.replace("[]", "[{frozen: {at: block2}}]") + "trunk: impala\n"
    assert parse_experiment(text).methods[1].at == "block2"


def test_python_builds_the_same_experiment() -> None:
    config = ExperimentConfig(
        experiment="least",
        source={"family": "rover", "budget": 100_000},
        targets={"other": {"task": "swap"}},
        methods=[Finetune(), "direct"],
        trunk=Impala(features=32),
        budget=40_000,
    )
    written = parse_experiment(LEAST.replace("[]", "[finetune, direct]") + "trunk: {name: impala, features: 32}\n")
    assert config == written
    with pytest.raises(ValidationError, match="unknown factor of family 'rover'"):
        ExperimentConfig(**{**dict(config), "targets": {"other": {"environment": {"slpi": 1}}}})
    with pytest.raises(ValidationError, match="unknown trunk"):
        ExperimentConfig(**{**dict(config), "trunk": Finetune()})


def test_a_validated_part_can_be_used_again() -> None:
    config = parse_experiment(LEAST)
    assert ExperimentConfig(**dict(config)) == config


def test_size() -> None:
    config = parse_experiment(LEAST.replace("[]", "[direct, finetune]"))
    size = size_of(config)
    assert (size.num_trials, size.num_source_agents) == (1 * 3 * 5, 5)
    assert size.source_steps == 500_000
    assert size.target_steps == 1 * 2 * 5 * 40_000, "direct application does not train"
    given = size_of(parse_experiment(LEAST.replace("budget: 1e5", "agent: runs/a")))
    assert (given.num_source_agents, given.source_steps) == (0, 0)
    assert "a given source agent" in str(given)
