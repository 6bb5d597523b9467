"""What several methods of one kind have in common."""
