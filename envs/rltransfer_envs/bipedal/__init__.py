"""Two-legged walking in Box2D: Gymnasium's BipedalWalker with its body, course and physics as factors."""
