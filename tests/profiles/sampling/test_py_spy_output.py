"""What py-spy prints is read as it is meant, and strictly."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from corvo_agent.errors import DecodeError
from corvo_agent.profiles.pprof.model import Frame
from corvo_agent.profiles.sampling.py_spy_output import (
    Names,
    SeenStack,
    errors_in,
    files_in_raw,
    parse_dump,
    parse_raw,
    seconds_behind,
)

RAW = b"""py-spy> Sampling process 100 times a second for 2 seconds. Press Control-C to exit.

thread (7): MainThread;<module> (/srv/app.py:29);K.run (/srv/app.py:18) 42
thread (8): pool;2;work (/srv/a (b).py:3);native (libc.so) 1
thread (0x7F);main (run.py:3) 5
py-spy> Wrote raw flamegraph data to '/dev/stdout'. Samples: 43 Errors: 3
"""


def test_stacks_are_leaf_first_with_module_and_thread() -> None:
    seen = list(parse_raw(RAW.split(b"\n"), Names()))
    run, module = Frame("app.K.run", "/srv/app.py", 18), Frame("app.<module>", "/srv/app.py", 29, 1)
    assert seen[0] == SeenStack("MainThread", (run, module), 42, native_id=7)
    assert seen[2] == SeenStack("", (Frame("run.main", "run.py", 3),), 5, address=0x7F)


def test_odd_names_lose_nothing() -> None:
    stack = list(parse_raw(RAW.split(b"\n"), Names()))[1].stack
    assert stack == (Frame("libc.native", "libc.so"), Frame("a (b).work", "/srv/a (b).py", 3), Frame("2"))


def test_files_of_one_name_are_told_apart_whichever_comes_first() -> None:
    raw = [b"thread (7): M;get (/srv/a/views.py:3);get (/srv/b/views.py:3);native (libc.so) 4"]
    names = Names()
    assert files_in_raw(raw) == {"/srv/a/views.py", "/srv/b/views.py"}
    names.learn(files_in_raw(raw))
    (seen,) = parse_raw(raw, names)
    assert [frame.function for frame in seen.stack] == ["libc.native", "b.views.get", "a.views.get"]
    frames = [{"name": "get", "filename": f"/srv/{folder}/views.py", "line": 3} for folder in "ab"]
    (thread,) = parse_dump(dump(frames=frames), Names())
    assert [frame.function for frame in thread.stack] == ["a.views.get", "b.views.get"]


def test_what_old_pythons_name_without_its_class_is_found_in_the_source(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("class K:\n    def run(self):\n        pass\n")
    old = f"thread (0x7F): M;run ({tmp_path}/app.py:3) 1"
    (seen,) = parse_raw([old.encode()], Names())
    assert seen.stack == (Frame("app.K.run", f"{tmp_path}/app.py", 3, 2),)
    frames = [{"name": "run", "filename": f"{tmp_path}/app.py", "line": 3}]
    (thread,) = parse_dump(dump(frames=frames, os_thread_id=None), Names())
    assert thread.stack == seen.stack


def test_a_line_without_a_count_is_refused() -> None:
    with pytest.raises(DecodeError, match="no count at the end"):
        list(parse_raw([b"thread (7): MainThread;main (a.py:3)"], Names()))


def test_the_summary_tells_the_errors() -> None:
    assert errors_in(RAW) == 3
    assert errors_in(b"") == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"", 0.0),
        (b"py-spy> 1.08s behind in sampling, results may be inaccurate", 1.08),
        (b"py-spy> 8s behind in sampling\npy-spy> 120ms behind in sampling", 0.12),
    ],
)
def test_the_last_warning_tells_how_late_it_was(text: bytes, seconds: float) -> None:
    assert seconds_behind(text) == seconds


def dump(**changes: object) -> bytes:
    frame = {"name": "run", "filename": "/srv/app.py", "line": 3}
    thread = {"thread_id": 66, "thread_name": None, "os_thread_id": 7, "active": True, "owns_gil": False}
    return orjson.dumps([{**thread, "frames": [frame], **changes}])


def test_a_dump_tells_threads() -> None:
    (thread,) = parse_dump(dump(), Names())
    assert (thread.name, thread.native_id, thread.active, thread.owns_gil) == ("thread-0x42", 7, True, False)
    assert thread.stack == (Frame("app.run", "/srv/app.py", 3),)
    assert parse_dump(dump(thread_name="pool", os_thread_id=None), Names())[0].name == "pool"


@pytest.mark.parametrize("output", [b"", b"{}", b"[3]", b'[{"frames": null}]', dump(frames=[{}]), b"null"])
def test_anything_else_is_refused(output: bytes) -> None:
    if output == b"{}":
        assert parse_dump(output, Names()) == []
        return
    with pytest.raises(DecodeError, match="not the threads of a process"):
        parse_dump(output, Names())
