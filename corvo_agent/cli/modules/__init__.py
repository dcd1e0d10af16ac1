"""What ``corvo modules`` is made of."""
