"""What masking secrets adds to a Log query of 300 lines: beside the same query without it, in one run.

Claim: at most a quarter where no line may hold a secret. The ratio with a secret in each tenth line is printed.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.log_lines import write_file
from benchmarks.report import Row, publish
from corvo_agent.diagnostics.messages.payloads import decode_logs, encode_logs
from corvo_agent.logs.lines.masking import Masker
from corvo_agent.logs.search.packing import Packing
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.search.result import LogResult

LINES, ROUNDS = 300, 100


def search(reader: LogReader, query: LogQuery) -> tuple[float, LogResult]:
    """Processor seconds of a query up to the bytes of its answer, and what it found."""
    began = time.process_time()
    steps = reader.steps(query, float("inf"), packing=Packing(encode_logs, decode_logs, lambda size: None))
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        return time.process_time() - began, stop.value


def compare(case: str, path: Path) -> Row:
    """The same lines with and without masking, in turn."""
    reader = LogReader(str(path))
    plain, masked = LogQuery(lines=LINES), LogQuery(lines=LINES, masker=Masker())
    times: dict[str, list[float]] = {"plain": [], "masked": []}
    for _ in range(ROUNDS):
        for name, query in (("plain", plain), ("masked", masked)):
            seconds, result = search(reader, query)
            times[name].append(seconds)
            shown = b"".join(part.data for part in result.packed)
            assert result.count == LINES
            assert name == "plain" or b"hunter2" not in shown
    before, after = (statistics.median(times[name]) * 1000 for name in ("plain", "masked"))
    return {"case": case, "plain ms": before, "masked ms": after, "ratio": after / before}


def run() -> list[Row]:
    """Lines without a secret, and with one in each tenth."""
    with tempfile.TemporaryDirectory() as folder:
        clean, tenth = Path(folder, "clean.log"), Path(folder, "tenth.log")
        write_file(clean, 2 << 20)
        lines = clean.read_bytes().splitlines(keepends=True)
        secret = [line.replace(b'"request', b'"password=hunter2 request') for line in lines]
        tenth.write_bytes(b"".join(secret[at] if at % 10 == 0 else line for at, line in enumerate(lines)))
        return [compare("no line hit", clean), compare("each tenth line hit", tenth)]


if __name__ == "__main__":
    publish("masking", run())
