"""One-shot learning: N-way k-shot episodes, classifiers that learn from a few drawings, and trunks trained for it.

Names are imported on first use, since most load torch.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.one_shot.codes import view_codes as view_codes
    from rltransfer.images.one_shot.episodes import Episode as Episode
    from rltransfer.images.one_shot.episodes import sample_episode as sample_episode
    from rltransfer.images.one_shot.fine_tuning import FineTuning as FineTuning
    from rltransfer.images.one_shot.fine_tuning import fine_tune as fine_tune
    from rltransfer.images.one_shot.hausdorff import modified_hausdorff as modified_hausdorff
    from rltransfer.images.one_shot.matching import Matching as Matching
    from rltransfer.images.one_shot.nearest import Nearest as Nearest
    from rltransfer.images.one_shot.prototypes import Prototypes as Prototypes
    from rltransfer.images.one_shot.training import EpisodicTraining as EpisodicTraining
    from rltransfer.images.one_shot.training import train_by_episodes as train_by_episodes

_HERE = "rltransfer.images.one_shot"

__getattr__, __dir__ = exported(
    __name__,
    {
        "Episode": f"{_HERE}.episodes",
        "EpisodicTraining": f"{_HERE}.training",
        "FineTuning": f"{_HERE}.fine_tuning",
        "Matching": f"{_HERE}.matching",
        "Nearest": f"{_HERE}.nearest",
        "Prototypes": f"{_HERE}.prototypes",
        "fine_tune": f"{_HERE}.fine_tuning",
        "modified_hausdorff": f"{_HERE}.hausdorff",
        "sample_episode": f"{_HERE}.episodes",
        "train_by_episodes": f"{_HERE}.training",
        "view_codes": f"{_HERE}.codes",
    },
)
