"""Commands that change modules."""
