"""Frames of a stack as people and as programs read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..pprof.model import Frame, Stack
from ..stacks.naming import library_path
from .amounts import place_of


def frame_lines(stack: Stack, most: int, indent: str) -> Iterator[str]:
    """The innermost frames, at most so many, a line each, and how many more there are.

    Files of libraries from below their folder on; those of the service whole, as people open them in their editors.
    """
    for frame in stack[:most]:
        file = library_path(frame.filename) or frame.filename
        yield f"{indent}{frame.function}  {place_of(file, frame.line)}".rstrip()
    if len(stack) > most:
        yield f"{indent}... {len(stack) - most} more frames"


def frames_json(stack: Sequence[Frame]) -> list[dict[str, Any]]:
    """All of them for programs, with whole paths."""
    return [{"function": each.function, "file": each.filename, "line": each.line} for each in stack]
