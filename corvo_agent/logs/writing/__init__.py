"""Writing JSON log lines."""
