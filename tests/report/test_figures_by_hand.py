"""Every figure of ``result.json`` against one worked out by hand.

The control of seed k has returns 0, 2 + k/10, 4 at steps 0, 50, 100: an area of 2 + k/20. Of five seeds the IQM is
the mean of the middle three.
"""

import numpy as np
import pytest
from scipy import stats

from rltransfer.registry import FAMILIES
from rltransfer.runs import TrialName


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """Numbers are compared here, and pictures take longer to draw than all of them."""
    for drawn in ("curves.draw_curves", "gains.draw_gains"):
        monkeypatch.setattr(f"rltransfer.report.{drawn}", lambda *_: None)


def points(summary):
    return {name: value["point"] for name, value in summary.items() if isinstance(value, dict) and "point" in value}


def test_finetuning_by_hand(five_seeds):
    summary = five_seeds.arms()["finetune"]["summary"]
    # Seeds 0 to 3: 1 + k/10, 4, 5; area 3.5 + k/40; gain 1.5 - k/40. Seed 4: 1.4, 3, 3; area 2.6; gain 0.4.
    assert summary["num_seeds"] == 5
    found = points(summary)
    assert found["jumpstart"] == pytest.approx(1.2)  # of 1, 1.1, 1.2, 1.3, 1.4
    assert found["asymptotic_gain"] == pytest.approx(1.0)  # of 1, 1, 1, 1, -1
    assert found["total_reward_gain"] == pytest.approx(1.45)  # of 1.5, 1.475, 1.45, 1.425, 0.4
    assert found["total_reward_gain_t"] == pytest.approx((1.5 + 1.475 + 1.45 + 1.425 + 0.4) / 5)
    assert summary["verdict"] == "helped"


def test_time_to_threshold_by_hand(five_seeds):
    target = five_seeds.result()["targets"][0]
    assert target["threshold"] == pytest.approx(0 + 0.8 * (4 - 0))
    summary = {arm["method"]: arm for arm in target["arms"]}["finetune"]["summary"]
    # Seed 4 stays at 3, under 3.2: censored, and counted.
    assert summary["transfer_times"]["target_steps"] == {"times": [50, 50, 50, 50, None], "budget": 100}
    assert summary["transfer_times"]["total_steps"] == {"times": [1050, 1050, 1050, 1050, None], "budget": 1100}
    assert summary["control_times"]["target_steps"]["times"] == [100] * 5
    assert summary["control_times"]["total_steps"]["times"] == [100] * 5
    text = five_seeds.run.table.read_text()
    assert "with the source's steps counted: direct >1,100 (0/5), finetune 1,050 (4/5), hard_sharing >" in text
    assert "50 (4/5)" in text
    assert "threshold 3.20" in text


def test_what_hard_sharing_plays_beside_the_target_is_charged_to_it(five_seeds):
    five_seeds.configure(threshold="1.5")
    times = five_seeds.arms()["hard_sharing"]["summary"]["transfer_times"]
    assert times["target_steps"]["times"] == [100] * 5
    assert times["total_steps"]["times"] == [100 + 1000 + 100] * 5  # the source's budget, and as many as the target's
    five_seeds.configure(threshold="0.9")  # reached at half the budget, when half of the further steps are taken
    times = five_seeds.arms()["hard_sharing"]["summary"]["transfer_times"]
    assert times["target_steps"]["times"] == [50] * 5
    assert times["total_steps"] == {"times": [50 + 1000 + 50] * 5, "budget": 100 + 1000 + 100}


def test_a_given_source_agent_is_charged_the_steps_it_was_trained_for(five_seeds):
    for k in range(5):
        trial = five_seeds.run.trial(TrialName("dusk", "finetune", k))
        trial.write_status("finished", steps_per_second=100.0, source_trained_steps=7000)
    times = five_seeds.arms()["finetune"]["summary"]["transfer_times"]
    assert times["total_steps"]["times"] == [7050, 7050, 7050, 7050, None]


def test_a_rise_that_may_be_noise_sets_no_threshold(by_hand):
    by_hand.configure(seeds=5, methods="[finetune]")
    for k, best in enumerate((0.3, -0.2, 0.2, -0.1, 0.1)):
        by_hand.trial("scratch", k, by_hand.rows((0.0, best, -1.0)))
    assert by_hand.result()["targets"][0]["threshold"] is None


def test_arms_of_different_precision_are_warned_of(five_seeds):
    def warned():
        return "float32" in " ".join(five_seeds.result()["warnings"])

    for k in range(5):
        for method, precision in (("scratch", "bfloat16"), ("finetune", "bfloat16" if k else "float32")):
            trial = five_seeds.run.trial(TrialName("dusk", method, k))
            trial.write_status("finished", precision=precision)
    assert warned()
    five_seeds.run.trial(TrialName("dusk", "finetune", 0)).write_status("finished", precision="bfloat16")
    assert not warned()


def test_the_threshold_is_four_fifths_of_the_way_to_the_controls_best(by_hand):
    by_hand.configure(seeds=5, methods="[finetune]")
    for k in range(5):
        by_hand.trial("scratch", k, by_hand.rows((1.0, 6.0 + (k - 2), 3.0)))  # it peaks, and falls again
    assert by_hand.result()["targets"][0]["threshold"] == pytest.approx(1 + 0.8 * (6 - 1))


def test_a_given_threshold_is_used(five_seeds):
    five_seeds.configure(threshold="4.5")
    target = five_seeds.result()["targets"][0]
    assert target["threshold"] == 4.5
    times = {arm["method"]: arm["summary"] for arm in target["arms"]}["finetune"]["transfer_times"]["target_steps"]
    assert times["times"] == [100, 100, 100, 100, None]


def test_direct_application_is_a_flat_curve(five_seeds):
    arm = five_seeds.arms()["direct"]
    found = points(arm["summary"])
    assert found["jumpstart"] == pytest.approx((2.5 + 2.1 + 1.5) / 3)  # of 2.5, 1.5, 2.5, 1.5, 2.1
    assert found["asymptotic_gain"] == found["jumpstart"] - 4
    gains = sorted(flat - (2 + k / 20) for k, flat in enumerate((2.5, 1.5, 2.5, 1.5, 2.1)))
    assert found["total_reward_gain"] == pytest.approx(sum(gains[1:4]) / 3)
    assert arm["summary"]["transfer_times"]["target_steps"]["times"] == [None] * 5
    assert arm["steps_per_second"] is None
    assert ">100 (0/5)" in five_seeds.run.table.read_text()


def test_what_hard_sharing_keeps_of_the_source_by_hand(five_seeds):
    arms = five_seeds.arms()
    assert arms["hard_sharing"]["kept"] == {str(k): [3.0 + k, 1.5] for k in range(5)}
    assert arms["hard_sharing"]["summary"]["verdict"] == "hurt"  # area 1 against 2 + k/20
    assert points(arms["hard_sharing"]["summary"])["total_reward_gain"] == pytest.approx(-1.1)
    assert all(not arms[name]["kept"] for name in ("scratch", "direct", "finetune"))
    assert "hard_sharing: return on the source task 5.00 before, 1.50 after" in five_seeds.run.table.read_text()


def test_the_ratio_is_of_normalised_areas(five_seeds):
    rover = FAMILIES.get("rover")
    reference = rover.reference_score(rover.task(environment={"palette": "dusk"}))
    summary = five_seeds.arms()["finetune"]["summary"]
    assert summary["normalizer"] == [reference.random, reference.expert]
    transfer = stats.trim_mean(np.array([3.5, 3.525, 3.55, 3.575, 2.6]) - reference.random, 0.25)
    control = stats.trim_mean(2 + np.arange(5) / 20 - reference.random, 0.25)
    assert points(summary)["transfer_ratio"] == pytest.approx((transfer - control) / control)


def test_speeds_and_successes_are_summed_up_over_seeds(five_seeds):
    result = five_seeds.result()
    control = result["targets"][0]["arms"][0]
    assert control["steps_per_second"] == 102.0  # the median of 100 to 104
    assert control["success"] == {str(k): pytest.approx(0.2 * k) for k in range(5)}
    text = five_seeds.run.table.read_text()
    assert "(success 40%); threshold" in text
    assert "source agents trained for 1,000 steps reach a return of 5.00 [" in text  # of 3 to 7
    assert "] (success 50%)\n" in text


def test_a_pair_needs_both_seeds(five_seeds):
    import shutil

    shutil.rmtree(five_seeds.run.path / "dusk" / "scratch" / "seed-4")
    shutil.rmtree(five_seeds.run.path / "dusk" / "finetune" / "seed-0")
    summary = five_seeds.arms()["finetune"]["summary"]
    assert summary["num_seeds"] == 3
    assert points(summary)["jumpstart"] == pytest.approx((1.1 + 1.2 + 1.3) / 3)


def test_an_outlier_that_only_the_bootstrap_overlooks_is_no_evidence(by_hand):
    by_hand.configure(methods="[finetune]")
    for k, gain in enumerate((0.1, 0.11, 0.12, 0.13, 3.0)):
        by_hand.trial("scratch", k, by_hand.rows((0.0, 1.0, 2.0)))
        by_hand.trial("finetune", k, by_hand.rows((gain, 1.0 + gain, 2.0 + gain)))
    summary = by_hand.arms()["finetune"]["summary"]
    assert summary["total_reward_gain"]["low"] > 0 > summary["total_reward_gain_t"]["low"]
    assert (summary["verdict"], summary["bootstrap_verdict"]) == ("no evidence", "helped")
    assert "warning: 1 gains have a bootstrap interval that excludes 0" in by_hand.run.table.read_text()


def random_runs(by_hand):
    generator = np.random.default_rng(1)
    for effect in (-2.0, -0.6, -0.3, 0.0, 0.0, 0.3, 0.6, 2.0):
        for k in range(6):
            control, transfer = generator.normal(0, 0.5, (2, 3))
            by_hand.trial("scratch", k, by_hand.rows(control))
            by_hand.trial("finetune", k, by_hand.rows(transfer + effect))
        yield effect


def test_a_verdict_stands_only_where_both_intervals_exclude_zero(by_hand):
    by_hand.configure(seeds=6, methods="[finetune]")
    seen = set()
    for _ in random_runs(by_hand):
        arms = by_hand.arms()
        curves = {name: np.array([c["returns"] for c in arms[name]["curves"].values()]) for name in arms}
        weights = np.array([0.25, 0.5, 0.25])
        gains = (curves["finetune"] - curves["scratch"]) @ weights
        t = stats.t.interval(0.95, 5, loc=gains.mean(), scale=stats.sem(gains))
        bootstrap = arms["finetune"]["summary"]["total_reward_gain"]
        helped, hurt = min(t[0], bootstrap["low"]) > 0, max(t[1], bootstrap["high"]) < 0
        expected = "helped" if helped else "hurt" if hurt else "no evidence"
        assert arms["finetune"]["summary"]["verdict"] == expected
        shown = [line for line in by_hand.run.table.read_text().splitlines() if line.split()[:1] == ["finetune"]]
        assert shown[0].rstrip().endswith(expected)
        seen.add(expected)
    assert seen == {"helped", "hurt", "no evidence"}
