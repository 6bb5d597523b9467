"""A contact sheet shows each factor where it acts, says which task that is, and leaves out what shows nothing."""

from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
from typer.testing import CliRunner

from rltransfer.cli import app
from rltransfer.errors import MissingExtraError
from rltransfer.registry import FAMILIES
from rltransfer.report.contact_sheet import Sheet, draw_contact_sheet, middle_of, picture_of
from rltransfer.tasks import Picture

ROVER = FAMILIES.get("rover")


def sheet_of(*shown):
    """A sheet, and its panels of those factors."""
    sheet = Sheet(ROVER)
    return sheet, [panel for name in shown for panel in sheet._of_factor(ROVER.factors[name])]


def test_bounds_that_look_the_same_share_a_panel():
    sheet, panels = sheet_of("gradient_angle", "brightness")
    assert [panel.title for panel in panels] == ["gradient_angle -180\nor 180", "brightness 0.4", "brightness 1.5"]
    assert sheet.alike == []


def test_what_equals_the_default_is_left_out_and_told(monkeypatch):
    monkeypatch.setattr(type(ROVER), "picture", Picture(steps=0))
    sheet, panels = sheet_of("block_mass", "palette")
    assert sheet.alike == ["block_mass 0.1", "block_mass 3.0"]
    assert len(panels) == len(ROVER.factors["palette"].choices) - 1


def test_a_factor_is_shown_in_a_task_where_it_acts_which_is_named(monkeypatch):
    in_push = replace(ROVER.factors["palette"], tasks=("push",))
    monkeypatch.setitem(ROVER.factors, "palette", in_push)
    _, panels = sheet_of("palette")
    assert panels[0].title == "palette dusk\n(push)"
    pushing = ROVER.task(task="push", environment={"palette": "dusk"})
    assert np.array_equal(panels[0].picture, picture_of(pushing, seed=0, steps=12, hold=3))


def test_an_episode_that_ends_is_shown_before_its_end():
    task = ROVER.task()
    env = task.make_vec(num_envs=1)
    before, _ = env.reset(seed=0)
    env.action_space.seed(0)
    for step in range(200):
        if step % 3 == 0:
            action = env.action_space.sample()
        observations, _, terminated, truncated, _ = env.step(action)
        if terminated[0] or truncated[0]:
            break
        before = observations.copy()
    assert step < 199
    assert np.array_equal(picture_of(task, seed=0, steps=200, hold=3), before[0])


def test_the_middle_is_magnified_about_the_middle():
    picture = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)
    assert np.array_equal(middle_of(picture, 2.0), picture[2:6, 2:6])
    assert np.array_equal(middle_of(picture, 1.0), picture)


def test_a_missing_package_is_told_in_one_line(monkeypatch, tmp_path):
    def missing(self, task, **_):
        raise MissingExtraError("family 'rover' needs a package")

    monkeypatch.setattr(type(ROVER), "make_vec", missing)
    monkeypatch.setattr(type(ROVER), "spaces", missing)
    with pytest.raises(MissingExtraError, match="needs a package"):
        draw_contact_sheet(ROVER, tmp_path / "rover.png")
    shown = CliRunner().invoke(app, ["show", "family", "rover", "--png", str(tmp_path / "rover.png")])
    assert shown.exit_code == 2
    assert "needs a package" in shown.output
    assert "Traceback" not in shown.output


def test_a_sheet_is_written(tmp_path, monkeypatch):
    factors = {name: ROVER.factors[name] for name in ("palette", "block_mass")}
    monkeypatch.setattr(Sheet, "panels", lambda self: (p for f in factors.values() for p in self._of_factor(f)))
    monkeypatch.setattr(type(ROVER), "picture", Picture(steps=0))
    draw_contact_sheet(ROVER, tmp_path / "rover.png")
    image = matplotlib.image.imread(tmp_path / "rover.png")
    assert (image[..., :3].min(axis=2) < 0.5).any()
