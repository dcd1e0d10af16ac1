"""Commands that show what modules do and change nothing."""
