"""What comes in: bars, target weights and corporate actions, as frames or from files, and every check of them."""
