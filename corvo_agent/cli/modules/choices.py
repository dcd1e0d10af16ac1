"""What the user of ``corvo ls`` may choose from, apart from what does it: help is to be there at once."""

from __future__ import annotations

#: How far back a gateway counts errors for all who ask.
RECENTLY = "10m"
#: What may come first.
ORDERS = ("name", "errors", "status", "level", "restarts", "age")
