"""The Modules in memory, and those who watch them."""
