"""What families that draw their own pixels share: compiled code, random streams, a camera, shapes, a lens."""
