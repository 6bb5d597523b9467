"""highway-env's roads: driving among other cars on a highway, at a merge, in a roundabout and over a crossing."""
