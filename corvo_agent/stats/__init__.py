"""Published variables, and what a process can tell of itself."""
