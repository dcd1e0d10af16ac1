"""A Debug Log query of 300 lines from a 1 GB file, end to end, and the codec by itself.

Claims: at most twice the time of a bare grpclib echo of the same bytes (sent there and back; the row of the bytes
sent back only stands beside it); at most 2.5 times the server CPU of the same service made of google.protobuf
messages. Servers run in processes of their own, one caller asks them in turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
from grpclib.client import Channel, UnaryUnaryMethod

from benchmarks import report
from benchmarks.debug_servers import DEBUG, google_class, running
from benchmarks.log_lines import records, write_file
from benchmarks.raw_codec import RawCodec
from corvo_agent._generated import protos
from corvo_agent._generated.diagnostics import DiagnosticsResponse
from corvo_agent.diagnostics.client.client import DiagnosticsClient
from corvo_agent.diagnostics.messages.payloads import decode_logs, encode_logs
from corvo_agent.diagnostics.messages.request_codec import payload_in, request_of, response_of
from corvo_agent.diagnostics.query import DebugQuery, Payload
from corvo_agent.protobuf.codec import decode, encode

GIGABYTE = 1 << 30
ROUNDS, CALLS = 15, 20
LINES = {"lines": "300"}


Ask = Callable[[], Awaitable[Payload]]
Caller = Callable[[str], contextlib.AbstractAsyncContextManager[Ask]]


class Subject:
    """One server process and a way to ask it; seconds per call, waited for and of its CPU, one value a round."""

    def __init__(self, ask: Ask, process: psutil.Process) -> None:
        self.ask = ask
        self.process = process
        self.waited: list[float] = []
        self.shortest: list[float] = []
        self.cpu: list[float] = []

    @property
    def typical(self) -> float:
        """Seconds that a call is waited for: the median of the rounds' medians."""
        return statistics.median(self.waited)

    @property
    def typical_cpu(self) -> float:
        """Seconds of the server's CPU for a call: the mean, for the system counts in steps of 10 ms."""
        return statistics.mean(self.cpu)

    def forget(self) -> None:
        """What was measured was the warming up."""
        for values in (self.waited, self.shortest, self.cpu):
            values.clear()

    async def round(self) -> None:
        """Some calls, one after another."""
        before, times = self.process.cpu_times(), []
        for _ in range(CALLS):
            start = time.perf_counter()
            await self.ask()
            times.append(time.perf_counter() - start)
        after = self.process.cpu_times()
        self.waited.append(statistics.median(times))
        self.shortest.append(min(times))
        self.cpu.append((after.user + after.system - before.user - before.system) / CALLS)


@contextlib.asynccontextmanager
async def by_our_client(address: str) -> AsyncIterator[Ask]:
    """Calls by DiagnosticsClient."""
    async with DiagnosticsClient(address) as client:
        yield lambda: client.debug("Log", LINES)


def by_bare_grpclib(message: bytes) -> Caller:
    """The same calls by grpclib's own stub, ``message`` being the request."""

    @contextlib.asynccontextmanager
    async def caller(address: str) -> AsyncIterator[Ask]:
        host, _, port = address.rpartition(":")
        async with Channel(host, int(port), codec=RawCodec()) as channel:
            method = UnaryUnaryMethod(channel, DEBUG, bytes, bytes)

            async def ask() -> Payload:
                return payload_in(decode(DiagnosticsResponse, await method(message)))

            yield ask

    return caller


@contextlib.asynccontextmanager
async def measured(kind: str, path: Path, caller: Caller) -> AsyncIterator[Subject]:
    """The server ``kind`` for the file ``path``, asked by ``caller``."""
    async with running(kind, path) as (address, pid), caller(address) as ask:
        yield Subject(ask, psutil.Process(pid))


async def end_to_end(path: Path) -> list[report.Row]:
    """The servers, asked in turn."""
    query = by_bare_grpclib(encode(request_of(DebugQuery("Log", LINES))))
    async with contextlib.AsyncExitStack() as stack:
        ours = await stack.enter_async_context(measured("ours", path, by_our_client))
        protobuf = await stack.enter_async_context(measured("protobuf", path, query))
        answer = await ours.ask()
        found, expected = decode_logs(answer.value), decode_logs((await protobuf.ask()).value)
        assert len(found) == 300
        assert found == expected
        same_bytes = encode(response_of(answer))
        path.with_name("answer").write_bytes(same_bytes)
        echo = await stack.enter_async_context(measured("echo", path, by_bare_grpclib(same_bytes)))
        bare = await stack.enter_async_context(measured("answer", path.with_name("answer"), query))
        subjects = {
            "corvo_agent": ours,
            "google.protobuf": protobuf,
            "bare echo, bytes there and back": echo,
            "bare answer, bytes back only": bare,
        }
        for subject in subjects.values():
            await subject.round()
            subject.forget()
        for _ in range(ROUNDS):
            for subject in subjects.values():
                await subject.round()
    return [
        {
            "server": name,
            "answer KiB": len(answer.value) >> 10,
            "p50 ms": subject.typical * 1e3,
            "min ms": min(subject.shortest) * 1e3,
            "x echo": subject.typical / echo.typical,
            "x answer": subject.typical / bare.typical,
            "server CPU ms": subject.typical_cpu * 1e3,
            "x google.protobuf's CPU": subject.typical_cpu / protobuf.typical_cpu,
        }
        for name, subject in subjects.items()
    ]


def codec(count: int) -> list[report.Row]:
    """Encoding and decoding ``count`` records of twelve fields: ours, google.protobuf's C core, betterproto."""
    made = records(count)
    data = encode_logs(made)
    google = google_class("protos.Logs")

    def google_encode() -> bytes:
        message = google()
        for record in made:
            log = message.Logs.add().Log
            for key, value in record.items():
                log[key] = value
        return bytes(message.SerializeToString())

    fast: dict[str, Callable[[], object]] = {
        "corvo_agent encode": lambda: encode_logs(made),
        "google.protobuf encode": google_encode,
        "corvo_agent decode": lambda: decode_logs(data),
        "google.protobuf decode": lambda: [dict(log.Log) for log in google.FromString(data).Logs],
    }
    slow: dict[str, Callable[[], object]] = {
        "betterproto encode": lambda: bytes(protos.Logs(logs=[protos.Log(log=record) for record in made])),
        "betterproto decode": lambda: [log.log for log in protos.Logs().parse(data).logs],
    }
    assert fast["google.protobuf decode"]() == fast["corvo_agent decode"]() == slow["betterproto decode"]() == made
    # Objects of earlier cases would be visited by each collection of later ones.
    gc.collect()
    gc.freeze()
    seconds = report.interleave(fast, 60) | report.interleave(slow, 3)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return [
        {
            "codec": name,
            "records": count,
            "min ms": min(seconds[name]) * 1e3,
            "p50 ms": median * 1e3,
            "x google.protobuf": median / medians[f"google.protobuf {name.split()[1]}"],
        }
        for name, median in medians.items()
    ]


def main() -> None:
    """Run all and keep it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pen-demo.log"
        write_file(path, GIGABYTE)
        assert path.stat().st_blocks * 512 >= GIGABYTE * 0.99
        rows = asyncio.run(end_to_end(path))
        os.unlink(path)
    print(report.table(rows) + "\n")
    codec_rows = [*codec(300), *codec(1000)]
    print(report.table(codec_rows))
    report.save("debug", [*rows, *codec_rows])


if __name__ == "__main__":
    main()
