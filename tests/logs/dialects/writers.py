"""Writes one and the same event as many programs do, to see that reading gives it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from corvo_agent.logs.dialects.severity import Severity

_SECOND, _MILLI, _MICRO = 10**9, 10**6, 10**3
Words = dict[Severity, str]

LOWER: Words = {each: each.word for each in Severity}
UPPER: Words = {each: each.name for each in Severity}
_WITHOUT_FATAL: Words = {**LOWER, Severity.TRACE: "debug", Severity.FATAL: "error"}
_PYTHON: Words = {**UPPER, Severity.TRACE: "DEBUG", Severity.WARN: "WARNING", Severity.FATAL: "CRITICAL"}
_TENS = {Severity.TRACE: 10, Severity.DEBUG: 20, Severity.INFO: 30, Severity.WARN: 40, Severity.ERROR: 50}
_SYSLOG = {Severity.TRACE: 7, Severity.DEBUG: 7, Severity.INFO: 6, Severity.WARN: 4, Severity.ERROR: 3}
_OTEL = {Severity.TRACE: 1, Severity.DEBUG: 5, Severity.INFO: 9, Severity.WARN: 13, Severity.ERROR: 17}
_KLOG = {Severity.TRACE: "I", Severity.DEBUG: "I", Severity.INFO: "I", Severity.WARN: "W", Severity.ERROR: "E"}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: how severe, when (nanoseconds since the epoch), and what is said of it."""

    severity: Severity
    time: int
    message: str


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes events; ``unit`` are the nanoseconds that its times are whole multiples of, 0 when it writes none.

    ``coarse`` are severities that it cannot tell from the ones that they are mapped to.
    """

    name: str
    write: Callable[[Event], str]
    unit: int
    is_text: bool = False


def _iso(time: int, digits: int, *, sep: str = "T", point: str = ".", zone: str = "Z", date: str = "-") -> str:
    moment = datetime.fromtimestamp(time // _SECOND, UTC).strftime(f"%Y{date}%m{date}%d{sep}%H:%M:%S")
    fraction = f"{point}{time % _SECOND:09d}"[: digits + 1] if digits else ""
    return moment + fraction + zone


def _as(form: str, time: int) -> str:
    return datetime.fromtimestamp(time // _SECOND, UTC).strftime(form)


def _epoch(time: int, unit: int) -> str:
    whole, rest = divmod(time, _SECOND)
    return f"{whole}.{rest // unit:0{len(str(_SECOND // unit)) - 1}d}"


def _json(make: Callable[[Event], dict[str, Any]], **options: Any) -> Callable[[Event], str]:
    return lambda event: json.dumps(make(event), **options)


def _number(event: Event, numbers: dict[Severity, int], fatal: int) -> int:
    return numbers.get(event.severity, fatal)


def _cri(write: Callable[[Event], str]) -> Callable[[Event], str]:
    return lambda event: f"{_iso(event.time, 9)} stdout F {write(event)}"


def _syslog(write: Callable[[Event], str], priority: str = "") -> Callable[[Event], str]:
    return lambda event: f"{priority}{_iso(event.time, 6)} node1 app[{event.time % 7 + 12}]: {write(event)}"


def _docker(write: Callable[[Event], str]) -> Callable[[Event], str]:
    return lambda event: json.dumps(
        {"log": write(event) + "\n", "stream": "stderr", "time": _iso(event.time, 9)}, separators=(",", ":")
    )


_own = _json(
    lambda e: {"level": _WITHOUT_FATAL[e.severity], "ts": _iso(e.time, 9), "module": "m", "msg": e.message},
    separators=(",", ":"),
    ensure_ascii=False,
)
_zap = _json(
    lambda e: {"level": LOWER[e.severity], "ts": e.time // _MILLI / 1000, "msg": e.message}, separators=(",", ":")
)
_pino = _json(
    lambda e: {"level": _number(e, _TENS, 60), "time": e.time // _MILLI, "pid": 1, "hostname": "h", "msg": e.message},
    separators=(",", ":"),
)
_logging = lambda e: f"{_iso(e.time, 3, sep=' ', point=',', zone='')} - app - {_PYTHON[e.severity]} - {e.message}"  # noqa: E731

WRITERS: tuple[Writer, ...] = (
    Writer("own", _own, 1),
    Writer("zap", _zap, _MILLI),
    Writer("pino", _pino, _MILLI),
    Writer("slog", _json(lambda e: {"time": _iso(e.time, 9), "level": UPPER[e.severity], "msg": e.message}), 1),
    Writer(
        "winston",
        _json(lambda e: {"message": e.message, "level": LOWER[e.severity], "timestamp": _iso(e.time, 3)}),
        _MILLI,
    ),
    Writer(
        "ecs",
        _json(lambda e: {"@timestamp": _iso(e.time, 3), "log.level": LOWER[e.severity], "message": e.message}),
        _MILLI,
    ),
    Writer(
        "ecs, nested",
        _json(lambda e: {"@timestamp": _iso(e.time, 3), "log": {"level": UPPER[e.severity]}, "message": e.message}),
        _MILLI,
    ),
    Writer("gcp", _json(lambda e: {"severity": _PYTHON[e.severity], "time": _iso(e.time, 9), "message": e.message}), 1),
    Writer(
        "gelf",
        _json(
            lambda e: {
                "version": "1.1",
                "host": "h",
                "short_message": e.message,
                "timestamp": e.time // _MILLI / 1000,
                "level": _number(e, _SYSLOG, 2),
            }
        ),
        _MILLI,
    ),
    Writer(
        "journald",
        _json(
            lambda e: {
                "__REALTIME_TIMESTAMP": str(e.time // _MICRO),
                "PRIORITY": str(_number(e, _SYSLOG, 0)),
                "MESSAGE": e.message,
            }
        ),
        _MICRO,
    ),
    Writer(
        "opentelemetry",
        _json(lambda e: {"timeUnixNano": str(e.time), "severityNumber": _number(e, _OTEL, 21), "body": e.message}),
        1,
    ),
    Writer("serilog", _json(lambda e: {"@t": _iso(e.time, 7), "@m": e.message, "@l": LOWER[e.severity].title()}), 100),
    Writer(
        "structlog",
        _json(lambda e: {"event": e.message, "timestamp": _iso(e.time, 6), "level": LOWER[e.severity]}),
        _MICRO,
    ),
    Writer("cri+own", _cri(_own), 1),
    Writer("cri+pino", _cri(_pino), _MILLI),
    Writer("cri+text", _cri(_logging), _MILLI, is_text=True),
    Writer("syslog+own", _syslog(_own, "<134>"), 1),
    Writer("syslog+text", _syslog(_logging), _MILLI, is_text=True),
    Writer("docker+zap", _docker(_zap), _MILLI),
    Writer("docker+text", _docker(_logging), _MILLI, is_text=True),
    Writer("logging", _logging, _MILLI, is_text=True),
    Writer("uvicorn", lambda e: f"{_PYTHON[e.severity] + ':':10}{e.message}", 0, is_text=True),
    Writer(
        "gunicorn",
        lambda e: f"[{_iso(e.time, 0, sep=' ', zone=' +0000')}] [7] [{_PYTHON[e.severity]}] {e.message}",
        _SECOND,
        is_text=True,
    ),
    Writer(
        "klog",
        lambda e: (
            f"{_KLOG.get(e.severity, 'F')}{_as('%m%d %H:%M:%S', e.time)}"
            f".{e.time % _SECOND // _MICRO:06d}       1 a.go:3] {e.message}"
        ),
        _MICRO,
        is_text=True,
    ),
    Writer(
        "logback",
        lambda e: (
            f"{_iso(e.time, 3, sep=' ', zone='')} [worker-{e.time % 7}] {UPPER[e.severity]:5} c.e.App - {e.message}"
        ),
        _MILLI,
        is_text=True,
    ),
    Writer(
        "nginx",
        lambda e: f"{_iso(e.time, 0, date='/', sep=' ', zone='')} [{_nginx(e)}] 7#8: *{e.time % 99} {e.message}",
        _SECOND,
        is_text=True,
    ),
    Writer(
        "postgres",
        lambda e: f"{_iso(e.time, 3, sep=' ', zone=' UTC')} [7] {_postgres(e)}:  {e.message}",
        _MILLI,
        is_text=True,
    ),
    Writer(
        "go log",
        lambda e: f"{_iso(e.time, 6, date='/', sep=' ', zone='')} {UPPER[e.severity]} {e.message}",
        _MICRO,
        is_text=True,
    ),
    Writer(
        "loguru",
        lambda e: f"{_iso(e.time, 3, sep=' ', zone='')} | {_PYTHON[e.severity]:8} | a:b:1 - {e.message}",
        _MILLI,
        is_text=True,
    ),
    Writer("hclog", lambda e: f"{_iso(e.time, 3)} [{UPPER[e.severity]}] {e.message}", _MILLI, is_text=True),
    Writer(
        "monolog",
        lambda e: f"[{_iso(e.time, 6, zone='+00:00')}] app.{_PYTHON[e.severity]}: {e.message}",
        _MICRO,
        is_text=True,
    ),
    Writer(
        "logfmt",
        lambda e: f"time={_iso(e.time, 3)} level={LOWER[e.severity]} msg={json.dumps(e.message)}",
        _MILLI,
        is_text=True,
    ),
)


def _nginx(event: Event) -> str:
    return {**LOWER, Severity.TRACE: "debug", Severity.FATAL: "crit"}[event.severity]


def _postgres(event: Event) -> str:
    return {**UPPER, Severity.TRACE: "DEBUG5", Severity.DEBUG: "DEBUG1", Severity.WARN: "WARNING"}[event.severity]


def events() -> Any:
    """A strategy of events as far as every writer can say them."""
    from hypothesis import strategies as st

    words = st.text(st.sampled_from("abcxyz ÄßΩ漢\"'\\/<>&=[]{}:,.-0123456789"), min_size=1, max_size=30)
    return st.builds(
        Event,
        st.sampled_from([each for each in Severity if each is not Severity.AUDIT]),
        st.integers(1764500000 * _SECOND, 1795514400 * _SECOND),
        words.map(lambda text: "m" + text.strip() + "."),
    )
