"""What ``corvo logs`` is made of."""
