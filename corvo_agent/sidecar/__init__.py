"""What a sidecar does to a process that it does not live in."""
