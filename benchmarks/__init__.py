"""One script per claim, each measured beside the peer that the claim names, in the same run."""
