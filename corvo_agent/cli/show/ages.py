"""How long something has lasted, as people read it in a column."""

from __future__ import annotations


def age(seconds: float) -> str:
    """``seconds`` in its two largest units: 3d4h, 12m5s, 8s. What is negative, by a clock that was set, is 0s."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    # Two parts are what people read: the seconds of a month say nothing.
    shown = [f"{value}{unit}" for value, unit in parts]
    first = next((index for index, (value, _) in enumerate(parts) if value), 3)
    return "".join(shown[first : first + 2])
