"""What a device draws, how fast it runs and how hot it is, by whatever ways it has."""
