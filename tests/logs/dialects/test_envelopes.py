"""Lines come out of what runtimes, syslog and terminals put around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.dialects.envelopes import is_cri_part, open_envelopes

NOW = "2026-11-24T10:00:00.5Z"


@pytest.mark.parametrize(
    ("line", "inner", "fields", "names"),
    [
        (f"{NOW} stderr F x y", "x y", {"ts": NOW, "stream": "stderr"}, ("cri",)),
        (f"{NOW} stdout F ", "", {"ts": NOW, "stream": "stdout"}, ("cri",)),
        (f'{{"log":"x\\n","stream":"stdout","time":"{NOW}"}}', "x", {"ts": NOW, "stream": "stdout"}, ("docker",)),
        (
            "<11>Nov 24 10:00:00 h a[1]: x",
            "x",
            {"priority": "11", "ts": "Nov 24 10:00:00", "host": "h", "app": "a", "pid": "1"},
            ("syslog",),
        ),
        ("<3>x", "x", {"priority": "3"}, ("syslog",)),
        ("@cee: {}", "{}", {}, ("cee",)),
        ("\x1b[1;31mx\x1b[0m\x1b]0;title\x07", "x", {}, ()),
        ("\ufeffx", "x", {}, ()),
        ('api-1  | {"a":1}', '{"a":1}', {"service": "api-1"}, ("compose",)),
        (
            f"{NOW} stdout F \x1b[31m<3>x",
            "x",
            {"ts": NOW, "stream": "stdout", "priority": "3"},
            ("cri", "syslog"),
        ),
        (f"{NOW} ERROR app: x", f"{NOW} ERROR app: x", {}, ()),
        ("<999>x", "<999>x", {}, ()),
        ("plain", "plain", {}, ()),
    ],
)
def test_envelopes(line: str, inner: str, fields: dict[str, str], names: tuple[str, ...]) -> None:
    letter = open_envelopes(line.encode())
    assert letter.line.decode() == inner
    assert letter.fields == fields
    assert letter.names == names


def test_parts_of_a_long_line() -> None:
    assert is_cri_part(f"{NOW} stdout P x".encode())
    assert not is_cri_part(f"{NOW} stdout F x".encode())
    assert open_envelopes(f"{NOW} stdout P x".encode()).is_part
    assert open_envelopes(b'{"log":"x","stream":"stdout","time":"now"}').is_part
    assert not open_envelopes(b'{"log":"x\\n","stream":"stdout","time":"now"}').is_part


def test_an_object_with_a_log_of_its_own_is_none() -> None:
    line = b'{"log":"x\\n","stream":"stdout","time":"now","level":"info"}'
    assert open_envelopes(line).line == line


@given(st.binary(max_size=200))
def test_no_line_is_too_odd(line: bytes) -> None:
    open_envelopes(line)
