"""The tables of the guide `figures`, made from what the benchmarks kept: ``python -m benchmarks.figures`` writes them.

A row says what was measured, ours, and beside it the same by a peer or without us, from one run each. Figures that
missed their goal stand there like the others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .report import RESULTS

PAGE = Path(__file__).resolve().parents[1] / "corvo_agent" / "guides" / "reference" / "figures.md"


class Figure(NamedTuple):
    """One row of a table."""

    what: str
    ours: str
    beside: str
    by: str


def _rows(name: str) -> list[Mapping[str, Any]]:
    """The results ``name``."""
    rows: list[Mapping[str, Any]] = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
    return rows


def _row(name: str, **wanted: str | float) -> Mapping[str, Any]:
    """The one row of the results ``name`` with these values."""
    found = [row for row in _rows(name) if all(row.get(key) == value for key, value in wanted.items())]
    if len(found) != 1:
        raise LookupError(f"{name}.json has {len(found)} rows with {wanted}")
    return found[0]


def _service() -> Iterator[Figure]:
    none, stub = _row("services", what="one process", way="none"), _row("services", what="one process", way="stub")
    inside = _row("services", what="one process", way="inside")
    yield Figure(
        "memory of a process",
        f"{stub['USS, MB']:.1f} MB",
        f"{inside['USS, MB']:.1f} MB",
        "a whole agent in the process",
    )
    yield Figure("`import` and `start()`", f"{stub['import, ms'] + stub['start, ms']:.0f} ms", "", "")
    workers, bare = "48 processes forked", _row("services", what="48 processes forked", way="none")["PSS, MB"]
    yield Figure(
        "48 workers and their hub, together",
        f"{_row('services', what=workers, way='stub')['PSS, MB']:.0f} MB",
        f"{bare:.0f} MB",
        "without",
    )
    yield Figure(
        "a log call that its level drops",
        f"{stub['disabled call, ns']:.0f} ns",
        f"{none['disabled call, ns']:.0f} ns",
        "without",
    )
    for what in ("flask, gunicorn gthread", "fastapi, uvicorn"):
        ours, without = (_row("services", what=what, way=way)["median, ms"] for way in ("stub", "none"))
        yield Figure(f"a request of {what}, median", f"{ours:.2f} ms", f"{without:.2f} ms", "without")
    json_line = _row("levels", group="enabled", case="JsonFormatter")["ns_median"]
    peer = _row("levels", group="enabled", case="python-json-logger, orjson")["ns_median"]
    yield Figure(
        "a line written as JSON",
        f"{json_line / 1000:.1f} us",
        f"{peer / 1000:.1f} us",
        "python-json-logger with orjson",
    )
    calm, attacked = _row("attack", what="host, calm")["p99_ms"], _row("attack", what="host, agent attacked")["p99_ms"]
    yield Figure("a request while the agent in it is attacked, p99", f"{attacked:.2f} ms", f"{calm:.2f} ms", "calm")


def _profiles() -> Iterator[Figure]:
    def slower(case: str) -> str:
        row = _row("profiles", case=case)
        return f"{row['slower_percent']:.1f} % ({row['from']:.1f} to {row['to']:.1f})"

    ours = slower("one thread: corvo profile")
    for peer, by in (
        ("cProfile", "cProfile"),
        ("pyinstrument", "pyinstrument"),
        ("py-spy alone", "py-spy, which halts the process at each sample"),
        ("py-spy alone, --nonblocking", "py-spy with `--nonblocking`"),
    ):
        yield Figure("where the time goes, one thread", ours, slower(f"one thread: {peer}"), by)
    ours = slower("200 threads: corvo profile")
    yield Figure("the same, 200 threads", ours, slower("200 threads: py-spy alone"), "py-spy, halting")
    for engine, by in (("engine=memray", "by memray, extra `heap`"), ("1 frames", "by tracemalloc, one frame")):
        yield Figure(
            "allocations, of a loop that does nothing else", slower(f"allocating: corvo heap, {engine}"), "", by
        )


def _answers() -> Iterator[Figure]:
    quiet, ctl = _row("watch", case="quiet", watcher="corvo"), _row("watch", case="quiet", watcher="etcdctl")
    yield Figure(
        "from a put to the callback, median",
        f"{quiet['p50_ms']:.2f} ms",
        f"{ctl['p50_ms']:.2f} ms",
        "`etcdctl watch`, its line read",
    )
    debug, echo = (_row("debug", server=name)["p50 ms"] for name in ("corvo_agent", "bare echo, bytes there and back"))
    yield Figure(
        "Debug: the last 300 lines of a file of 1 GB, median",
        f"{debug:.1f} ms",
        f"{echo:.1f} ms",
        "grpclib, the same bytes there and back",
    )
    codec = [_row("debug", codec=name, records=300)["p50 ms"] for name in ("corvo_agent encode", "betterproto encode")]
    yield Figure("its 300 records as a message", f"{codec[0]:.2f} ms", f"{codec[1]:.1f} ms", "betterproto")
    for what, name in (
        ("start to the first answer", "start to first answer, s"),
        ("idle memory", "resident memory, MiB"),
    ):
        row, unit = _row("agent", what=name), name.rpartition(" ")[2]
        yield Figure(
            f"a sidecar: {what}",
            f"{row['corvo agent']:.3g} {unit}",
            f"{row['bare server']:.3g} {unit}",
            "a bare server",
        )
    yield Figure("a sidecar: idle", f"{_row('agent', what='idle CPU, % of a core')['corvo agent']} % of a core", "", "")


def _logs() -> Iterator[Figure]:
    shown = (
        ("the last 300 lines", "last 300 lines", "tail -n 300", "`tail -n 300`"),
        ("a rare level, all of it", "rare level", 'grep -c -F "level":"error"', "`grep -c -F`"),
        ("the same", "rare level", "jq", "`jq`"),
        ("the same in a quarter as much, of CRI", "rare level, CRI", 'grep -c -F "level":"error"', "`grep -c -F`"),
        ("a regular expression, all of it", "regular expression", None, "`grep -c -E`"),
        ("one minute of a day", "one minute", None, "`grep -c -F`, all of it"),
        ("one second, packed by gzip", "one second, packed", None, "`zcat` into `grep -c -F`"),
        ("the same, again", "one second, packed, again", None, "the same"),
    )
    for what, case, peer, by in shown:
        found = peer or next(row["peer"] for row in _rows("logs") if row["case"] == case)
        row = _row("logs", case=case, peer=found)
        yield Figure(what, _duration(row["ours ms"]), _duration(row["peer ms"]), by)
    for size, what in ((1, "a line a write"), (64, "64 lines a write")):
        follow = _row("logs", case=f"follow {size} lines a write")
        yield Figure(
            f"followed, {what}, each parsed",
            f"{follow['ours MiB/s']:.0f} MiB/s",
            f"{follow['peer MiB/s']:.0f} MiB/s",
            "`tail -F` into `wc -l`",
        )


def _fleet() -> Iterator[Figure]:
    agents = _row("idle", what="1000 agents", scheme="now")
    yield Figure("1,000 idle agents: calls of etcd", f"{agents['calls/s']:.0f} a second", "", "")
    idle = _row("idle", what="gateway, 50000 Modules", scheme="now")
    yield Figure("a gateway of 50,000 idle Modules", f"{idle['itself, % of a core']} % of a core", "", "")
    for what, name in (("one of 10,000 Modules, median", "get p50, ms"), ("all of 10,000", "list of all, ms")):
        row = _row("gateway", what=name)
        yield Figure(f"REST: {what}", _duration(row["value"]), _duration(row["limit"]), "aiohttp, the bytes at hand")
    through = _row("gateway", what="Debug through the gateway / direct")
    yield Figure("Debug through a gateway", _duration(through["through_ms"]), _duration(through["direct_ms"]), "direct")
    watch = _row("gateway", what="watch p99, ms")
    yield Figure(
        "a change to 1,000 watches, p99", _duration(watch["value"]), _duration(watch["limit"]), "aiohttp alone"
    )
    fan = _row("gateway", what="fan-out to 1000 agents, again, s")
    yield Figure("one question to 1,000 agents", f"{fan['value']:.2f} s", f"{fan['limit']:.2f} s", "grpclib, direct")
    get = _row("etcd", case="range of 500", measure="wall ms")
    yield Figure("500 keys read from etcd", _duration(get["ours"]), _duration(get["etcd3-py"]), "etcd3-py's own calls")


def _attacks() -> Iterator[Figure]:
    for flood, what in (("declare much", "a message of 2 GB declared"), ("open and reset", "streams opened and reset")):
        ours, bare = (_row("floods", flood=flood, server=server) for server in ("corvo_agent", "bare grpclib"))
        yield Figure(
            f"{what}: processor time",
            _duration(ours["CPU s"] * 1000),
            _duration(bare["CPU s"] * 1000),
            "a bare grpclib server",
        )
        yield Figure(
            f"{what}: memory",
            f"{ours['grows by MiB']:.1f} MiB",
            f"{bare['grows by MiB']:.0f} MiB",
            "a bare grpclib server",
        )
    greps = _row("attack", what="16 greps: another's Log, s")
    yield Figure("a Log answer beside 16 searches of a file of 1 GB", f"{greps['value']:.1f} s", "", "")
    masked = _row("masking", case="no line hit")
    yield Figure(
        "300 lines with secrets masked", _duration(masked["masked ms"]), _duration(masked["plain ms"]), "unmasked"
    )


#: Marker of a table in the guide -> its rows.
TABLES: Mapping[str, Callable[[], Iterator[Figure]]] = {
    "figures: service": _service,
    "figures: profiles": _profiles,
    "figures: answers": _answers,
    "figures: logs": _logs,
    "figures: fleet": _fleet,
    "figures: attacks": _attacks,
}


def lines(marker: str) -> list[str]:
    """The table behind ``marker``, in Markdown."""
    head = ["| | corvo_agent | beside it | |", "|---|---|---|---|"]
    return [*head, *(f"| {' | '.join(figure)} |" for figure in TABLES[marker]())]


def _duration(ms: float) -> str:
    """With three digits."""
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.3g} ms"


def main() -> None:
    """Write the tables into the guide."""
    text = PAGE.read_text()
    for marker in TABLES:
        before, mark, rest = text.partition(f"<!-- {marker} -->\n")
        if not mark:
            raise LookupError(f"{PAGE.name} has no table {marker!r}")
        _, end, after = rest.partition("\n\n")
        text = f"{before}{mark}{chr(10).join(lines(marker))}{end}{after}"
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
