"""How other cars drive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from highway_env.vehicle.behavior import IDMVehicle


class CrossingVehicle(IDMVehicle):  # type: ignore[misc]
    """The car that highway-env has by default, under another name.

    ``IntersectionEnv`` writes its cars' distances and accelerations onto their class, and so would change how cars
    drive in every other environment of the process.
    """


CROSSING_VEHICLE = f"{CrossingVehicle.__module__}.{CrossingVehicle.__name__}"
"""As highway-env's configuration names it."""
_MARK = "_rltransfer_is_set"


def set_limits(road: Any, traffic_speed: float) -> None:
    """Scale the speed limits of a new road."""
    for ends in road.network.graph.values():
        for lanes in ends.values():
            for lane in lanes:
                if lane.speed_limit is not None:
                    lane.speed_limit *= traffic_speed


def set_behaviour(road: Any, values: Mapping[str, Any]) -> None:
    """Give every car that others drive its manners, once; cars that came with the last step are among them.

    Source: Treiber et al. 2000 (IDM), Kesting et al. 2007 (MOBIL), with highway-env's names.
    """
    for vehicle in road.vehicles:
        if not isinstance(vehicle, IDMVehicle) or hasattr(vehicle, _MARK):
            continue
        setattr(vehicle, _MARK, True)
        vehicle.target_speed *= values["traffic_speed"]
        vehicle.TIME_WANTED = values["time_gap"]
        vehicle.POLITENESS = values["politeness"]
