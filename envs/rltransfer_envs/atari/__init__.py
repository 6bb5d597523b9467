"""Atari 2600 games: modes and difficulties as changed environments, other games as new tasks."""
