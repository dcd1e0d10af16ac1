"""Log files, lines and levels."""
