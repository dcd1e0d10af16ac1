"""What ``corvo level`` is made of."""
