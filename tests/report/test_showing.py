"""Tables, figures and what is said of runs that are unfinished, failed or damaged."""

import shutil

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from typer.testing import CliRunner

from rltransfer.cli import app
from rltransfer.report import collect, plain_text
from rltransfer.report.styles import COLOURS, VERDICT_COLOURS, look_of
from rltransfer.runs import TrialName


def show(run):
    return CliRunner().invoke(app, ["show", str(run.path)])


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


def test_the_text_has_every_target_and_method_and_fits_its_width(five_seeds, by_hand):
    five_seeds.configure(targets=("dusk", "wheels"))
    text = plain_text(collect(five_seeds.run))
    assert max(map(len, text.splitlines())) <= 130
    rows = {method: text.count(f"\n   {method} ") for method in ("scratch", "direct", "finetune", "hard_sharing")}
    assert rows == {"scratch": 2, "direct": 3, "finetune": 3, "hard_sharing": 3}  # once for each target, once over all
    assert "\ndusk  rover: omni, reach (palette=dusk)\n" in text
    assert "\nwheels  rover: differential, reach\n" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(("seeds", "warns"), [(2, True), (4, True), (5, False)])
def test_fewer_than_five_seeds_are_warned_of(five_seeds, seeds, warns):
    five_seeds.configure(seeds=seeds)
    result = collect(five_seeds.run)
    assert (f"warning: only {seeds} seeds" in plain_text(result)) is warns
    assert bool(result.warnings) is warns


def test_show_prints_the_table_again(five_seeds):
    five_seeds.result()
    first, second = show(five_seeds.run), show(five_seeds.run)
    assert (first.exit_code, first.stderr) == (0, "")
    assert lines(first.stdout) == lines(five_seeds.run.table.read_text())
    assert second.stdout == first.stdout


def test_the_figure_has_every_curve_in_its_colour(five_seeds):
    five_seeds.result()
    image = matplotlib.image.imread(five_seeds.run.curves)
    assert image.shape[0] > 400
    assert image.shape[1] > 600
    for colour in COLOURS[:4]:
        near = np.abs(image[..., :3] - np.array(to_rgb(colour))).max(axis=-1) < 0.02
        assert near.sum() > 100, colour


def test_gains_are_drawn_in_the_colour_of_their_verdict(five_seeds):
    arms = five_seeds.arms()
    image = matplotlib.image.imread(five_seeds.run.gains)[..., :3]
    above_legend = image[: int(0.68 * len(image))]
    given = {arm["summary"]["verdict"] for arm in arms.values() if arm["summary"]}
    assert len(given) > 1
    for verdict, colour in VERDICT_COLOURS.items():
        near = np.abs(above_legend - np.array(to_rgb(colour))).max(axis=-1) < 0.02
        assert bool(near.sum() > 20) is (verdict in given), verdict


def test_several_targets_are_looked_over_together(five_seeds):
    assert "all targets" not in plain_text(collect(five_seeds.run))  # there is only one
    five_seeds.configure(targets=("dusk", "wheels"))
    for method in ("scratch", "direct", "finetune", "hard_sharing"):
        for seed in range(5):
            rows = five_seeds.rows((0.0, 1.0, 2.0) if method == "finetune" else (0.0, 0.1 * seed, 1.0))
            five_seeds.trial(method, seed, rows, target="wheels")
    result = collect(five_seeds.run)
    text = plain_text(result).split("all targets")[1]
    verdicts = [arm.summary.verdict for target in result.targets for arm in target.arms if arm.summary]
    helped, hurt = verdicts.count("helped"), verdicts.count("hurt")
    assert helped > 0
    assert (
        f"helped in {helped} of 6 pairs of method and target, hurt in {hurt}; by chance alone, about 0.15 of each"
        in text
    )
    assert (text.count("↑"), text.count("↓")) == (helped + 1, hurt + 1)  # and the legend
    row = next(line for line in text.splitlines() if " finetune " in line).split()
    gains = [target.arms[2].summary.total_reward_gain.point for target in result.targets]
    assert [value for value in row if value[-1].isdigit()] == [f"{gain:+.2f}" for gain in gains]


def test_a_figure_of_one_seed_has_its_curves_though_no_intervals(by_hand):
    by_hand.configure(seeds=1, methods="[finetune]")
    by_hand.trial("scratch", 0, by_hand.rows((0.0, 1.0, 2.0)))
    by_hand.trial("finetune", 0, by_hand.rows((1.0, 2.0, 3.0)))
    summary = by_hand.arms()["finetune"]["summary"]
    assert (summary["jumpstart"]["low"], summary["jumpstart"]["high"]) == ("-inf", "inf")
    assert summary["verdict"] == "no evidence"
    table = by_hand.run.table.read_text()
    assert "+1.00 " in table
    assert "inf" not in table
    assert table.splitlines()[1].startswith("1 seed; figures without intervals")
    assert "only 1 seed: there are no intervals and no verdicts" in table
    image = matplotlib.image.imread(by_hand.run.curves)
    near = np.abs(image[..., :3] - np.array(to_rgb(COLOURS[1]))).max(axis=-1) < 0.02
    rows_hit = np.flatnonzero(near.any(axis=1))
    assert rows_hit.max() - rows_hit.min() > 100  # the curve rises over a good part of the panel


def test_twenty_curves_are_told_apart_and_the_legend_fits(by_hand):
    looks = [look_of(place) for place in range(28)]
    assert len(set(looks)) == 28
    assert [place for place, (colour, _) in enumerate(looks) if colour == COLOURS[0]] == [0]  # the control's alone
    names = [f"soft_sharing_of_strength_{k}" for k in range(20)]
    by_hand.configure(seeds=1, methods=f"[{', '.join(f'soft_sharing: {{name: {name}}}' for name in names)}]")
    for method in ("scratch", *names):
        by_hand.trial(method, 0, by_hand.rows((0.0, 1.0, 2.0)))
    by_hand.arms()
    image = matplotlib.image.imread(by_hand.run.curves)[..., :3]
    assert image[:, [0, 1, 2, -3, -2, -1]].min() == 1  # nothing is cut off at the sides


def test_an_unfinished_run_says_what_is_missing(five_seeds):
    run = five_seeds.run
    shutil.rmtree(run.path / "dusk" / "direct" / "seed-1")
    run.trial(TrialName("dusk", "finetune", 2)).write_status("running")
    run.trial(TrialName("dusk", "finetune", 3)).write_status("interrupted")
    run.trial(TrialName("dusk", "finetune", 4)).write_status("failed", error="ValueError: no luck")
    result = collect(run)
    assert result.missing == ("dusk/direct/seed-1", "dusk/finetune/seed-2", "dusk/finetune/seed-3")
    assert dict(result.failed) == {"dusk/finetune/seed-4": "ValueError: no luck"}
    shown = show(run)
    assert shown.exit_code == 0
    assert "not finished: 3 trials (dusk/direct/seed-1, dusk/finetune/seed-2, dusk/finetune/seed-3)" in shown.stdout
    assert "failed: dusk/finetune/seed-4: ValueError: no luck" in shown.stdout
    summary = {arm.method: arm.summary for arm in result.targets[0].arms}["finetune"]
    assert summary.num_seeds == 2
    assert "warning: only 2 seeds" in shown.stdout
    assert "warning: dusk/finetune: 2 of 5 seeds are finished" in shown.stdout


def test_a_run_that_has_only_begun_can_be_shown(by_hand):
    by_hand.configure()
    by_hand.result()
    shown = show(by_hand.run)
    assert shown.exit_code == 0
    assert "from scratch: has not run yet" in shown.stdout
    assert "finetune: has not run yet" in shown.stdout
    assert "not finished: 25 trials" in shown.stdout
    assert not by_hand.run.curves.exists()


def test_a_finished_run_is_called_neither_unfinished_nor_failed(five_seeds):
    text = plain_text(collect(five_seeds.run))
    assert "not finished" not in text
    assert "failed" not in text


def test_a_control_that_learns_nothing_sets_no_threshold(by_hand):
    by_hand.configure(methods="[finetune]")
    for k in range(5):
        by_hand.trial("scratch", k, by_hand.rows((1.0 + k, 1.0, 0.5)))
        by_hand.trial("finetune", k, by_hand.rows((2.0 + k, 2.0, 3.0)))
    result = collect(by_hand.run)
    assert result.targets[0].threshold is None
    assert result.targets[0].arms[1].summary.verdict == "helped"
    text = plain_text(result)
    assert "threshold 0" not in text
    assert "/5)" not in text
    assert "source's steps counted" not in text


def test_without_a_control_there_is_no_comparison(five_seeds):
    shutil.rmtree(five_seeds.run.path / "dusk" / "scratch")
    arms = five_seeds.arms()
    assert all(arm["summary"] is None for arm in arms.values())
    assert show(five_seeds.run).exit_code == 0


def test_an_inapplicable_method_is_listed_with_its_reason(five_seeds):
    shutil.rmtree(five_seeds.run.path / "dusk" / "direct")
    for seed in range(5):
        trial = five_seeds.run.trial(TrialName("dusk", "direct", seed))
        trial.write_status("not applicable", reason="the action spaces differ")
    assert "direct: not applicable: the action spaces differ" in show(five_seeds.run).stdout
    assert not collect(five_seeds.run).missing


HEADER = "env_steps,on,return_mean,return_std,length_mean,success_rate,episodes,train_seconds\n"
EVALUATIONS, STATUS = "dusk/finetune/seed-1/evaluations.csv", "dusk/finetune/seed-1/status.json"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (STATUS, "{"),
        (STATUS, "[]"),
        (STATUS, '{"state": 1}'),
        (STATUS, ""),
        (EVALUATIONS, ""),
        (EVALUATIONS, "not,a,table\n1,2,3\n"),
        (EVALUATIONS, HEADER),
        (EVALUATIONS, HEADER + "0,target,1.0,0.0,9.0,,5"),
        (EVALUATIONS, HEADER + "0,target,nan,0.0,9.0,,5,1.0\n"),
        (EVALUATIONS, HEADER + "0,target,1.0,0.0,9.0,,5,1.0\n" * 2),
        (EVALUATIONS, HEADER + "0,target,1.0,0.0,9.0,,5,1.0\n"),
        (EVALUATIONS.replace("finetune", "scratch"), HEADER + "0,target,1.0,0.0,9.0,,5,1.0\n"),
        (EVALUATIONS.replace("dusk/finetune", "source"), HEADER),
        (EVALUATIONS, HEADER + "0,source,1.0,0.0,9.0,,5,1.0\n"),
        (EVALUATIONS, None),
    ],
)
def test_a_damaged_trial_is_named_and_left_out_and_the_others_are_shown(five_seeds, name, content):
    before = collect(five_seeds.run)
    damage(five_seeds.run.path / name, content)
    shown = show(five_seeds.run)
    assert shown.exit_code == 0
    trial = name.rpartition("/")[0]
    [told] = shown.stdout.split("damaged, and left out: ")[1:]
    assert trial in told.replace("\n", "")
    result = collect(five_seeds.run)
    assert list(result.damaged) == [trial]
    for old, new in zip(before.targets[0].arms, result.targets[0].arms, strict=True):
        expected = {seed: curve for seed, curve in old.curves.items() if f"dusk/{old.method}/seed-{seed}" != trial}
        assert new.curves.keys() == expected.keys()
        assert all((new.curves[seed].returns == curve.returns).all() for seed, curve in expected.items())


@pytest.mark.parametrize("trial", ["dusk/finetune/seed-1", "dusk/scratch/seed-1", "source/seed-1"])
def test_what_a_damaged_trial_leaves_is_written_and_drawn(five_seeds, trial):
    damage(five_seeds.run.path / trial / "evaluations.csv", HEADER)
    assert list(five_seeds.result()["damaged"]) == [trial]
    assert five_seeds.run.curves.stat().st_size > 10_000


@pytest.mark.parametrize("content", ["experiment: [\n", "\x00\x01", None])
def test_a_damaged_configuration_is_told_in_one_line_that_names_it(five_seeds, content):
    damage(five_seeds.run.config, content)
    shown = show(five_seeds.run)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert len(shown.stderr.splitlines()) == 1
    assert str(five_seeds.run.path) in shown.stderr


def damage(path, content):
    if content is None:
        path.unlink()
    else:
        path.write_text(content)


def test_what_is_no_run_is_told_in_one_line(tmp_path, by_hand):
    shown = show(by_hand.run)
    assert (shown.exit_code, len(shown.stderr.splitlines())) == (2, 1)
    assert "is not a run" in shown.stderr
