"""What was asked for decides which parts there are, what is quick first."""

from __future__ import annotations

import pytest

from corvo_agent.bundle.parts import Asked, parts_of


@pytest.mark.parametrize(
    ("asked", "profiles"),
    [
        (Asked(), ["heap.pb.gz", "profile.pb.gz"]),
        (Asked(cpu_seconds=0), ["heap.pb.gz"]),
        (
            Asked(profiles=("mutex", "heap", "mutex", "goroutine", "profile")),
            ["mutex.pb.gz", "heap.pb.gz", "profile.pb.gz"],
        ),
        (Asked(profiles=("trace",), cpu_seconds=0), ["trace.txt"]),
    ],
)
def test_parts(asked: Asked, profiles: list[str]) -> None:
    files = [file for part in parts_of(asked) for file in part.files]
    assert files == ["stats.json", "logs.jsonl", "goroutine.pb.gz", "stacks.txt", *profiles]
