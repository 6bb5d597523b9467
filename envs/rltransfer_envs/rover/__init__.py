"""Rover: a mobile robot seen from above, on a floor with a goal, hazards, walls and a block."""
