"""Locomotion: Gymnasium's MuJoCo robots, forwards, backwards, faster or on the spot, with changed physics and limbs."""
