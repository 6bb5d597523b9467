"""Draw the source and the targets of an experiment side by side, as the robot's camera sees them.

python experiments/quickstart/draw_tasks.py configs/quickstart.yaml experiments/quickstart/tasks.png
"""

import sys
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rltransfer.config import load_experiment
from rltransfer.experiment_tasks import task_of_experiment

FRAMES = 3


def main(experiment: Path, picture: Path) -> None:
    """A row of frames for each task, from the same seeds."""
    config = load_experiment(experiment)
    names = ["source", *config.targets]
    figure = Figure(figsize=(2.1 * len(names), 1.5 * FRAMES + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    for column, (name, axes) in enumerate(zip(names, figure.subplots(FRAMES, len(names)).T, strict=True)):
        task = task_of_experiment(config, name)
        env = task.make_vec(num_envs=FRAMES, render_mode="rgb_array")
        env.reset(seed=list(range(3, 3 + FRAMES)))
        for axis, frame in zip(axes, env.render(), strict=True):
            axis.imshow(frame)
            axis.set_axis_off()
        axes[0].set_title(f"{name}\n{task.robot}, {task.task}", fontsize=9, fontweight="bold" if column == 0 else None)
        env.close()
    figure.savefig(picture, dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
