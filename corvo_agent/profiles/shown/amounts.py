"""Amounts and places as people write them."""

from __future__ import annotations

_SCALES = {
    "nanoseconds": ((60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns")),
    "bytes": ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"), (1, "B")),
}


def quantity(value: float, unit: str) -> str:
    """``value`` in the largest unit of its kind that it is at least one of: 1.25s, 3.40MB; counts as they are."""
    for size, name in _SCALES.get(unit, ()):
        if abs(value) >= size:
            return f"{value:g}{name}" if size == 1 else f"{value / size:.2f}{name}"
    # Whole numbers with all of their digits, which people compare.
    text = f"{value:.0f}" if value == round(value) else f"{value:g}"
    return text if unit in ("count", "", *_SCALES) else f"{text} {unit}"


def place_of(filename: str, line: int) -> str:
    """``FILE:LINE``, as editors take it; the file alone where the line is not known, "" without a file."""
    return f"{filename}:{line}" if filename and line else filename
