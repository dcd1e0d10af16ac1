"""Following logs: every new line once and in order, for any number of readers."""
