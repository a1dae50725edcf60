"""The command's one door."""
