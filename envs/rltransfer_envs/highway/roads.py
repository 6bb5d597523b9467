"""highway-env's environments with a task's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highway_env.envs.highway_env import HighwayEnvFast
from highway_env.envs.intersection_env import ConnectedLaneIntersectionEnv
from highway_env.envs.merge_env import ConnectedLaneMergeGenericEnv
from highway_env.envs.roundabout_env import ConnectedLaneRoundaboutGenericEnv

from rltransfer_envs.highway.traffic import CROSSING_VEHICLE

_IDLE = 1


class _Steered:
    """Takes no lane change out of an action of two numbers, where upstream looks for one and fails."""

    def _rewards(self, action: Any) -> dict[str, float]:
        rewards: dict[str, float] = super()._rewards(_IDLE)  # type: ignore[misc]
        return rewards


class _SteeredMerge(_Steered, ConnectedLaneMergeGenericEnv):  # type: ignore[misc]
    pass


class _SteeredRoundabout(_Steered, ConnectedLaneRoundaboutGenericEnv):  # type: ignore[misc]
    pass


STEERED = {"merge": _SteeredMerge, "roundabout": _SteeredRoundabout}
"""Classes for the continuous robot, on the roads that need one."""
ROADS = {
    "highway": HighwayEnvFast,
    "merge": ConnectedLaneMergeGenericEnv,
    "roundabout": ConnectedLaneRoundaboutGenericEnv,
    "intersection": ConnectedLaneIntersectionEnv,
}
IMAGE = {
    "type": "GrayscaleObservation",
    "observation_shape": (128, 64),
    "stack_size": 4,
    "weights": [0.2989, 0.5870, 0.1140],
    "scaling": 1.75,
}
"""As highway-env's documentation has it for the highway; (width, height)."""
FEATURES = ["presence", "x", "y", "vx", "vy"]


def road_env(robot: str, task: str, values: Mapping[str, Any], render_mode: str | None) -> Any:
    """highway-env's environment of a task."""
    kind = STEERED.get(task, ROADS[task]) if robot == "continuous" else ROADS[task]
    return kind(config=configuration(robot, task, values), render_mode=render_mode)


def common_configuration(task: str) -> dict[str, Any]:
    """What differs from upstream's configuration in every environment, upstream's for comparison included.

    The simulation runs at 5 Hz on every road, and the crossing has the numbers and decisions of the other roads.
    """
    own = ROADS[task].default_config()
    configuration: dict[str, Any] = {"simulation_frequency": 5}
    if task == "intersection":
        configuration |= {
            "observation": {**own["observation"], "vehicles_count": 5, "features": FEATURES},
            "action": {**own["action"], "lateral": True},
            "other_vehicles_type": CROSSING_VEHICLE,
        }
    return configuration


def configuration(robot: str, task: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a task's environment."""
    chosen = common_configuration(task)
    observation = {**ROADS[task].default_config()["observation"], **chosen.get("observation", {})}
    chosen["observation"] = {**observation, "see_behind": values["see_behind"]}
    if values["observation"] == "image":
        chosen["observation"] = IMAGE
    if robot == "continuous":
        chosen["action"] = {"type": "ContinuousAction"}
    chosen["simulation_frequency"] = values["simulation_rate"]
    chosen["policy_frequency"] = values["decision_rate"]
    return chosen | _layout(task, values)


def _layout(task: str, values: Mapping[str, Any]) -> dict[str, Any]:
    own, lanes, traffic = ROADS[task].default_config(), values["extra_lanes"], values["traffic"]
    if task == "intersection":
        return {
            "initial_vehicle_count": round(own["initial_vehicle_count"] * traffic),
            "spawn_probability": min(1.0, own["spawn_probability"] * traffic),
        }
    count = {"vehicles_count": round(own["vehicles_count"] * traffic)}
    if task == "roundabout":
        return count | {"roundabout_lanes": own["roundabout_lanes"] + lanes, "roundabout_radius": values["radius"]}
    if task == "merge":
        return count | {"lanes_count": own["lanes_count"] + lanes}
    return count | {"lanes_count": own["lanes_count"] + lanes, "vehicles_density": values["density"]}
