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
        ("  - [finetune]", "methods.0: has 1 entries, but needs at least 2"),
        ("  - compose", "methods.0.compose.methods: missing"),
        ("  - compose: {methods: [finetune, soft_sharing: {strengt: 1}]}", "did you mean 'strength'"),
        ("  - [finetune, soft_sharing]\n  - [finetune, soft_sharing]", "stands twice"),
    ],
)
def test_what_does_not_hold_is_told_where_it_stands(methods, told, tmp_path):
    with pytest.raises(ConfigError, match=f"(?i){told}"):
        loaded(tmp_path, methods)
