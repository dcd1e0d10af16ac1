"""What the user of ``corvo logs`` may choose from, apart from what does it: help is to be there at once."""

from __future__ import annotations

#: How lines are printed.
OUTPUTS = ("text", "json", "yaml", "raw")
#: What is told of a line only when it is asked for.
ON_REQUEST = ("caller", "source", "file", "module", "pid")
