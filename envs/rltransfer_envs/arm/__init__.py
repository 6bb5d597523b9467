"""Arm: a planar robot arm over a table, moved by MuJoCo and seen from above."""
