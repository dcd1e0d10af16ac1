"""One file for each query that the service answers by itself."""
