"""What ``corvo top`` is made of."""
