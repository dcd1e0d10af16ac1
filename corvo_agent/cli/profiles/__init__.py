"""Profiles on the terminal and as flame graphs."""
