"""What a model's graph and a runtime's own words say, without measuring anything."""
