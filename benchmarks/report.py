"""What every benchmark prints and keeps: rows as a table, and in results/NAME.json with their surroundings."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
PACKAGES = (
    "corvo-agent",
    "grpclib",
    "betterproto",
    "protobuf",
    "grpcio",
    "aiohttp",
    "etcd3-py",
    "orjson",
    "psutil",
)

Row = Mapping[str, object]


def machine() -> dict[str, object]:
    """Processor, cores that this process may use, memory in MiB, kernel and the load when the run began."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_mib": pages >> 20,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "load": [round(value, 2) for value in os.getloadavg()],
    }


def versions(*packages: str) -> dict[str, str]:
    """The interpreter and the installed ones of our usual packages and of ``packages``; missing ones are left out."""
    found = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
    for package in dict.fromkeys((*PACKAGES, *packages)):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def interleave(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Run every case once a round, so that a disturbance of the machine hits all alike; seconds per run."""
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            start = time.perf_counter()
            case()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def summary(values: Sequence[float], scale: float = 1.0) -> dict[str, float]:
    """Smallest, median and largest of ``values`` times ``scale``, with four significant digits."""
    picked = {"min": min(values), "median": statistics.median(values), "max": max(values)}
    return {name: float(f"{value * scale:.4g}") for name, value in picked.items()}


def sure_median(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Between which two of ``values`` the true median lies with at least that confidence, however they are spread.

    The smallest and the largest when there are too few for it (less than six, for 95 %).
    """
    ordered, left_out, chance = sorted(values), 0, 0.0
    while True:
        # Twice the chance that so few of them are below the median.
        chance += 2 * math.comb(len(ordered), left_out) / 2 ** len(ordered)
        if chance > 1 - confidence or 2 * (left_out + 1) >= len(ordered):
            break
        left_out += 1
    at = max(0, left_out - 1)
    return ordered[at], ordered[-1 - at]


def table(rows: Sequence[Row]) -> str:
    """``rows`` as text with aligned columns; the columns are the keys in the order of their first appearance."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [columns] + [[_cell(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join((lines[0], "  ".join("-" * width for width in widths), *lines[1:]))


def save(name: str, rows: Sequence[Row], *packages: str) -> Path:
    """Write ``rows`` with machine, versions (``packages`` added to the usual ones) and date to results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "versions": versions(*packages),
        "rows": [dict(row) for row in rows],
    }
    path.write_text(json.dumps(content, indent=2) + "\n")
    return path


def publish(name: str, rows: Sequence[Row], *packages: str) -> None:
    """Print ``rows`` under ``name`` and keep them: the last line of most benchmarks."""
    save(name, rows, *packages)
    print(f"{name}\n{table(rows)}\n")


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []
