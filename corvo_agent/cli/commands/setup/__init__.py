"""Commands that prepare the use of the others."""
