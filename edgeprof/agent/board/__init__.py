"""What machine this is, by its files and commands."""
