"""Frozen answers to text; nothing here prints, reads a clock or looks at the environment."""
