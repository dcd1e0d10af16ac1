"""Commands that run a program until it is told to end."""
