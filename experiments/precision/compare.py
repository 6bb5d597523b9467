"""Do bfloat16 products change what is learned? Learning curves of both precisions on rover.

    python experiments/precision/compare.py [--seeds 5] [--budget 40960]

Trains the quickstart's source agent from scratch with either precision, two processes at a time, and compares areas
under the curves. Prints the table and writes ``curves.png`` and ``areas.json`` beside this file.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rltransfer.config import load_experiment
from rltransfer.metrics import Curve, stratified_bootstrap, unpaired_bootstrap

HERE = Path(__file__).parent
QUICKSTART = HERE.parents[1] / "configs" / "quickstart.yaml"
PRECISIONS = ("float32", "bfloat16")


def learn(precision: str, seed: int, budget: int) -> tuple[list[int], list[float], float]:
    """Evaluation steps, returns and steps a second of one training run."""
    import torch

    import rltransfer as rlt
    from rltransfer.tasks.making import vec_env
    from rltransfer.training import Evaluator, train

    torch.set_num_threads(1)
    config = load_experiment(QUICKSTART)
    env = rlt.make_env("rover", robot="omni", task="reach", num_envs=config.agent.num_envs)
    trunk = config.trunk.model_copy(update={"precision": precision})
    model = rlt.make_agent(config.agent, vec_env(env.task, num_envs=config.agent.num_envs), trunk=trunk, seed=seed)
    steps: list[int] = []
    returns: list[float] = []
    seconds = train(
        model,
        budget=budget,
        every=budget // 10,
        evaluators={"target": (Evaluator(env.task, episodes=50, seed=10_000), model)},
        record=lambda e: (steps.append(e.env_steps), returns.append(float(e.episodes.returns.mean())))[0],
        writers=[],
    )
    return steps, returns, budget / seconds


def main() -> None:
    """Train, compare, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--budget", type=int, default=40_960)
    options = parser.parse_args()
    jobs = [(precision, seed) for seed in range(options.seeds) for precision in PRECISIONS]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        outcomes = list(pool.map(learn, *zip(*jobs, strict=True), [options.budget] * len(jobs)))
    curves: dict[str, list[Curve]] = {precision: [] for precision in PRECISIONS}
    speeds: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    for (precision, _), (steps, returns, speed) in zip(jobs, outcomes, strict=True):
        curves[precision].append(Curve(np.array(steps), np.array(returns)))
        speeds[precision].append(speed)
    areas = {precision: np.array([curve.area() for curve in curves[precision]]) for precision in PRECISIONS}
    for precision in PRECISIONS:
        scores = stratified_bootstrap(areas[precision][:, None])
        speed = float(np.median(speeds[precision]))
        print(f"{precision}: area {scores.point:.3f} [{scores.low:.3f}, {scores.high:.3f}], {speed:,.0f} steps/s")
    gap = unpaired_bootstrap(areas["bfloat16"][:, None], areas["float32"][:, None])
    print(f"bfloat16 - float32: {gap.point:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] (95%, {options.seeds} seeds each)")
    (HERE / "areas.json").write_text(json.dumps({p: areas[p].tolist() for p in PRECISIONS}, indent=2) + "\n")
    _draw(curves)


def _draw(curves: dict[str, list[Curve]]) -> None:
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for colour, (precision, arm) in zip(("#000000", "#D55E00"), curves.items(), strict=True):
        returns = np.stack([curve.returns for curve in arm])
        bands = [stratified_bootstrap(returns[:, [k]], num_resamples=2_000) for k in range(returns.shape[1])]
        axis.plot(arm[0].env_steps, [band.point for band in bands], color=colour, label=precision)
        lows, highs = [band.low for band in bands], [band.high for band in bands]
        axis.fill_between(arm[0].env_steps, lows, highs, color=colour, alpha=0.15, linewidth=0)
    axis.set_xlabel("environment steps")
    axis.set_ylabel("return on fixed episodes")
    axis.legend(frameon=False)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(HERE / "curves.png", dpi=130)


if __name__ == "__main__":
    main()
