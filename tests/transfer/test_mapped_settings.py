"""Inter-task mappings in a file, and those that cannot hold: refused with the reason."""

import numpy as np
import pytest
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.trunks.specs import MLP, Grid


def vector(size):
    return spaces.Box(-1, 1, (size,), np.float32)


def picture(channels):
    return spaces.Box(0, 255, (channels, 40, 40), np.uint8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"actions": {}}, "one entry or more"),
        ({"actions": {0: -1}}, "numbers from 0"),
        ({"actions": "likewise"}, "actions"),
        ({"observations": {0: 0}, "first_stage": "fresh"}, "no use for a mapping of observations"),
    ],
)
def test_settings_that_do_not_hold_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        rlt.Mapped(**settings)


@pytest.mark.parametrize(
    ("other", "settings", "message"),
    [
        (rlt.Finetune(heads="reinit"), {"actions": {0: 0}}, "begins heads afresh"),
        (rlt.HardSharing(), {"first_stage": "fresh"}, "takes the source's trunk as it is"),
        (rlt.HardSharing(), {"observations": {0: 0}}, "takes the source's trunk as it is"),
    ],
)
def test_methods_that_leave_a_mapping_no_place_are_refused(other, settings, message):
    with pytest.raises(ConfigError, match=message):
        rlt.Compose(methods=[other, rlt.Mapped(**settings)])


@pytest.mark.parametrize(
    ("robots", "settings", "message"),
    [
        (("omni", "differential"), {"actions": {3: 0}}, "actions maps up to 3 from 0; the source has 4"),
        (("omni", "differential"), {"actions": {0: 4}}, "actions maps up to 0 from 4"),
        (("omni", "differential"), {"actions": "shared"}, "no action of the target .forward, turn left"),
        (("omni", "hovercraft"), {"actions": {0: 0}}, "no action of Discrete.4. stands for one of Box"),
        (("omni", "hovercraft"), {"actions": "shared"}, "no names to go by"),
        (("omni", "omni"), {"observations": {3: 0}}, "observations maps up to 3 from 0; the source has 3"),
    ],
)
def test_mappings_of_what_is_not_there_are_refused(robots, settings, message, pair):
    with pytest.raises(NotApplicableError, match=message):
        rlt.Mapped(**settings).attach(*pair(robots=robots))


def test_algorithms_and_trunks_in_which_nothing_can_be_mapped_say_so(couple):
    with pytest.raises(NotApplicableError, match="crossq: it normalises actions"):
        rlt.Mapped(actions={0: 1}).attach(*couple("crossq", [vector(3)] * 2, (vector(2), vector(2))))
    with pytest.raises(NotApplicableError, match="trpo"):
        rlt.Mapped(actions="learned").attach(*couple("trpo", [vector(3)] * 2, (vector(2), vector(3))))
    with pytest.raises(ConfigError, match="only stage"):
        rlt.Mapped(first_stage="fresh").attach(*couple("ppo", [vector(3)] * 2, [vector(2)] * 2, trunk=MLP(widths=(8,))))
    pictures, actions = (spaces.Box(0, 255, (3, 9, 9), np.uint8),) * 2, (spaces.Discrete(2),) * 2
    with pytest.raises(NotApplicableError, match="its first layer reads no channels"):
        rlt.Mapped(observations={0: 1}).attach(*couple("ppo", pictures, actions, trunk=Grid(channels=(8,), features=8)))
    with pytest.raises(NotApplicableError, match="one is no picture"):
        rlt.Mapped(observations={0: 1}).attach(
            *couple("ppo", (picture(3), vector(3)), [vector(2)] * 2, trunk=MLP(widths=(8,)))
        )


def test_mappings_stand_in_a_file_as_they_stand_in_python(tmp_path):
    from rltransfer.config import load_experiment
    from rltransfer.config.resolved import resolved_yaml

    path = tmp_path / "experiment.yaml"
    path.write_text(
        "experiment: mapped\nsource: {family: rover, robot: omni, budget: 4096}\ntargets: {t: {robot: differential}}"
        "\nmethods: [mapped: {actions: {0: 2, 1: 0}}]\nbudget: 4096\n"
    )
    config = load_experiment(path)
    assert config.methods[-1] == rlt.Mapped(actions={0: 2, 1: 0})
    path.write_text(resolved_yaml(config))
    assert load_experiment(path) == config
