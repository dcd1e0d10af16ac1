"""What a line of a log says: its record, level and time, and the marks of the engine itself."""
