"""Driving a car seen from above in Box2D: Gymnasium's CarRacing with its car, track and camera as factors."""
