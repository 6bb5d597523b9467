"""Training folders of rl-zoo3: its YAML files as plain data, whatever Python objects they name."""

from __future__ import annotations

import ast
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rltransfer.errors import ArtifactError
from rltransfer.files import read_bytes

ALGORITHMS = {"qrdqn": "qr_dqn", "ppo_lstm": "recurrent_ppo"}
"""Names of algorithms in rl-zoo3 that are others here."""
LARGEST = 2**20
"""Bytes of the largest YAML file that is read."""
_BRIEFLY = reprlib.Repr()
"""Writes values down, of which aliases in a small YAML file may make any number."""
_BRIEFLY.maxlevel, _BRIEFLY.maxdict, _BRIEFLY.maxlist, _BRIEFLY.maxstring = 3, 12, 12, 200
STATISTICS = ("vecnormalize.pkl", "vec_normalize.pkl")


@dataclass(frozen=True, kw_only=True)
class TrainingFolder:
    """What lies beside a trained agent.

    Args:
        zip: the agent.
        algorithm: by our name; None where the folder does not say.
        env_id: the environment's id in Gymnasium; None where the folder does not say.
        config: hyperparameters as they were given to rl-zoo3, as plain values.
        statistics: the pickle of running statistics, which is not read.
    """

    zip: Path
    algorithm: str | None = None
    env_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    statistics: Path | None = None

    @property
    def normalizes_observations(self) -> bool:
        """Whether the agent learned from observations scaled by running statistics."""
        asked = self.config.get("normalize", False)
        if isinstance(asked, str):
            try:
                asked = ast.literal_eval(asked)  # rl-zoo3 writes a dictionary as text
            except (SyntaxError, ValueError, MemoryError, RecursionError):
                asked = True
        if isinstance(asked, Mapping):
            return bool(asked.get("norm_obs", True))
        return bool(asked) or (not self.config and self.statistics is not None)

    def around(self) -> list[str]:
        """What the environment was put into, which the environment given must have, too."""
        named = ("env_wrapper", "vec_env_wrapper", "frame_stack", "history", "env_kwargs")
        return [f"{name}: {_BRIEFLY.repr(self.config[name])}" for name in named if self.config.get(name)]


def read_training_folder(path: Path) -> TrainingFolder:
    """The agent at ``path``, a zip or a folder with one, and what rl-zoo3 wrote beside it.

    Raises:
        ArtifactError: there is no zip or more than one, or a file beside it cannot be read.
    """
    if path.is_dir():
        zips = sorted(path.glob("*.zip"))
        if len(zips) != 1:
            which = ", ".join(file.name for file in zips) or "none"
            raise ArtifactError(f"{path}: needs one zip of Stable-Baselines3, and has {which}. Name the file.")
        path = zips[0]
    elif not path.exists():
        raise ArtifactError(f"{path}: there is no such file")
    folders = [path.parent, *sorted(file.parent for file in path.parent.glob("*/config.yml"))]
    folder = next((f for f in folders if (f / "config.yml").exists() or (f / "args.yml").exists()), None)
    if folder is None:
        return TrainingFolder(zip=path)
    config, arguments = (_read_pairs(folder / name) for name in ("config.yml", "args.yml"))
    algorithm, env_id = arguments.get("algo"), arguments.get("env")
    pickles = [folder / name for name in STATISTICS if (folder / name).exists()]
    return TrainingFolder(
        zip=path,
        algorithm=ALGORITHMS.get(algorithm, algorithm) if isinstance(algorithm, str) else None,
        env_id=env_id if isinstance(env_id, str) else None,
        config=config,
        statistics=pickles[0] if pickles else None,
    )


class _PlainLoader(yaml.SafeLoader):
    """Reads what bears a tag it does not know as the mapping, list or text that stands there."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_PlainLoader.add_multi_constructor("", _plain)


def _read_pairs(path: Path) -> dict[str, Any]:
    """A YAML file of names and values; an ordered dictionary is a list of pairs in it."""
    if not path.exists():
        return {}
    content = read_bytes(path)
    if len(content) > LARGEST:
        raise ArtifactError(f"{path}: larger than {LARGEST >> 20} MiB, so it is not read")
    try:
        found = yaml.load(content, Loader=_PlainLoader)
        if isinstance(found, list) and len(found) == 1 and all(isinstance(pair, list) for pair in found[0]):
            found = found[0]  # the one argument of OrderedDict
        return {str(name): value for name, value in (found.items() if isinstance(found, dict) else found or ())}
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{path}: not the YAML of a training folder ({type(error).__name__})") from error
