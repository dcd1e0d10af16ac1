"""Changing the level inside another process: one hook per file, and what runs them."""
