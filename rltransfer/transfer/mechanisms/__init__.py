"""What methods are made of and torch is needed for: losses, penalties, estimates, further networks."""
