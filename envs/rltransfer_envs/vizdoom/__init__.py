"""ViZDoom's scenarios: first-person views, for walking, fighting and surviving."""
