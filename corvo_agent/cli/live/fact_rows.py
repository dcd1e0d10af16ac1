"""How ``corvo top`` writes the facts of a process."""

from __future__ import annotations

from collections.abc import Mapping

from ...overview.facts import Facts
from ...profiles.shown.amounts import quantity
from ..show.ages import age


def fact_rows(known: Facts) -> list[tuple[str, str]]:
    """Name and text of all that is known, in the order of their interest."""
    return [(name, text) for name, text in _texts(known) if text]


def _texts(known: Facts) -> list[tuple[str, str]]:
    return [
        ("cpu", "" if known.cpu is None else f"{known.cpu:.1f}% of {known.cpus or '?'} processors"),
        ("memory", _with("peak", _bytes(known.memory), _bytes(known.peak_memory))),
        (
            "loop lag",
            _with("longest of a minute", _milliseconds(known.loop_lag), _milliseconds(known.longest_loop_lag)),
        ),
        ("tasks", _tasks(known.tasks)),
        ("goroutines", _count(known.goroutines)),
        ("threads", _count(known.threads)),
        ("descriptors", _with("of", _count(known.descriptors), _count(known.descriptor_limit))),
        ("level", known.level or ""),
        ("pid", _count(known.pid)),
        ("uptime", "" if known.uptime is None else age(known.uptime)),
    ]


def _count(value: int | None) -> str:
    return "" if value is None else str(value)


def _bytes(value: int | None) -> str:
    return "" if value is None else quantity(value, "bytes")


def _milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}ms"


def _with(name: str, text: str, more: str) -> str:
    return f"{text} ({name} {more})" if text and more else text


def _tasks(states: Mapping[str, int] | None) -> str:
    if states is None:
        return ""
    others = ", ".join(f"{count} {state}" for state, count in states.items() if state != "total")
    return f"{states.get('total', sum(states.values()))}" + (f" ({others})" if others else "")
