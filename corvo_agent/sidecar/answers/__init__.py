"""What a sidecar answers about the process beside it: statistics and profiles."""
