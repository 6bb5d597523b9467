"""Classic control with every physical constant a factor: five families of one folder, seen as numbers or as pixels."""
