"""Methods together in YAML: a list of several, or ``compose`` with a name."""

import pytest

import rltransfer as rlt
from rltransfer.config.load import load_experiment
from rltransfer.errors import ConfigError

HEAD = """experiment: together
source: {family: rover, budget: 4096}
targets: {new-robot: {robot: differential}}
budget: 4096
methods:
"""


def loaded(tmp_path, methods):
    file = tmp_path / "together.yaml"
    file.write_text(HEAD + methods)
    return load_experiment(file)


def test_a_list_is_a_composition_and_reads_back_as_it_was_written(tmp_path):
    config = loaded(
        tmp_path,
        "  - [frozen: {at: fc}, soft_sharing: {strength: 0.1}]\n"
        "  - compose: {name: gentle, methods: [finetune, soft_sharing]}\n",
    )
    both = rlt.Compose(methods=(rlt.Frozen(at="fc"), rlt.SoftSharing(strength=0.1)))
    assert config.methods[1:] == (
        both,
        rlt.Compose(name="gentle", methods=(rlt.Finetune(), rlt.SoftSharing())),
    )
    assert [method.label for method in config.methods] == ["scratch", "frozen+soft_sharing", "gentle"]
    again = type(config).model_validate(config.model_dump(mode="json"))
    assert again.methods == config.methods


@pytest.mark.parametrize(
    ("methods", "told"),
    [
        ("  - [scratch, finetune]", "7?:?.*methods.0: scratch stands alone"),
        ("  - [finetune, finetun]", "methods.0.1: unknown method 'finetun'. Did you mean 'finetune'"),
        ("  - [finetune, frozen: {at: x}]", "methods.0.*unknown stage 'x'"),
        ("  - [finetune]", "methods.0: has 1 entry, but needs at least 2"),
        ("  - compose", "methods.0.compose.methods: missing"),
        ("  - compose: {methods: [finetune, soft_sharing: {strengt: 1}]}", "did you mean 'strength'"),
        ("  - [finetune, soft_sharing]\n  - [finetune, soft_sharing]", "stands twice"),
        ("  - [finetune, jump_start]", "methods.0: jump_start does not serve ppo: it learns from what"),
        ("  - finetune: {learning_rate_scale: {fc: -1}}", "methods.0.finetune.learning_rate_scale.fc: is -1, but must"),
    ],
)
def test_what_does_not_hold_is_told_where_it_stands(methods, told, tmp_path):
    with pytest.raises(ConfigError, match=f"(?i){told}"):
        loaded(tmp_path, methods)


def test_entries_that_do_not_hold_are_told_one_by_one_and_not_counted(tmp_path):
    with pytest.raises(ConfigError) as told:
        loaded(tmp_path, "  - mmd: {bandwidths: [0, -1]}\n  - [finetune]\n")
    lines = str(told.value).splitlines()
    assert [line.split(": ", 2)[1] for line in lines] == [
        "methods.0.mmd.bandwidths.0",
        "methods.0.mmd.bandwidths.1",
        "methods.1",
    ]
    assert lines[2].endswith("has 1 entry, but needs at least 2.")


def test_a_folder_that_is_not_there_is_told_with_its_place(tmp_path):
    file = tmp_path / "together.yaml"
    file.write_text(HEAD + "  - progressive: {beside: [nowhere]}\n  - [finetune, hard_sharing: {beside: [nowhere]}]\n")
    assert load_experiment(file)
    with pytest.raises(ConfigError) as told:
        load_experiment(file, files=True)
    lines = str(told.value).removeprefix(f"{file}:").replace(f"{file}:", "").splitlines()
    assert [line.split(" holds")[0] for line in lines] == [
        "6:19: methods.0.progressive.beside: nowhere",
        "7:31: methods.1.1.hard_sharing.beside: nowhere",
    ]
    file.write_text(HEAD.replace("budget: 4096}", "agent: nowhere}") + "  - finetune\n")
    assert load_experiment(file)
    with pytest.raises(ConfigError, match=r":2:25: source\.agent: nowhere does not exist"):
        load_experiment(file, files=True)


@pytest.mark.parametrize(
    "method",
    [
        "soft_sharing",
        "ewc",
        "coupling",
        "mmd",
        "[finetune, coral]",
        "finetune: {learning_rate_scale: lecture}",
        "hard_sharing: {gradients: pcgrad}",
        "mapped: {actions: learned}",
    ],
)
def test_what_acts_in_optimizers_steps_is_refused_for_trpo_before_anything_is_trained(method, tmp_path):
    with pytest.raises(ConfigError, match=r"methods\.0: .* acts in optimizers' steps, and the actor of trpo moves by"):
        loaded(tmp_path, f"  - {method}\nagent: {{algorithm: trpo}}\n")


@pytest.mark.parametrize("method", ["soft_sharing: {strength: 0}", "mmd: {strength: 0}", "finetune", "hard_sharing"])
def test_what_does_not_act_in_optimizers_steps_serves_trpo(method, tmp_path):
    config = loaded(tmp_path, f"  - {method}\nagent: {{algorithm: trpo}}\n")
    assert config.methods[1].registered == method.split(":")[0]
    assert not config.methods[1].needs_steps
