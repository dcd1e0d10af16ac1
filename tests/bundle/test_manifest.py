"""The index says what was asked, by what version, and what is missing and why, without secrets."""

from __future__ import annotations

from corvo_agent._version import __version__
from corvo_agent.bundle.manifest import Manifest


def test_the_index_of_a_bundle() -> None:
    manifest = Manifest(("a", "b"), {"etcd": "http://ada:hunter2@host:2379", "lines": 5})
    manifest.modules["a"].got("stats.json", 10, 0.12345)
    for file in ("logs.jsonl", "stacks.txt"):
        manifest.modules["b"].lacks(file, "no answer from x://u:hunter2@h")
    told = manifest.to_dict()
    assert told["corvo-agent"] == __version__
    assert told["asked"] == {"etcd": "http://ada:***@host:2379", "lines": 5}
    assert told["modules"]["a"] == {"files": {"stats.json": {"bytes": 10, "seconds": 0.123}}, "missing": {}}
    assert manifest.missing == {("b", "no answer from x://u:***@h"): ["logs.jsonl", "stacks.txt"]}
