"""Lines come out of what runtimes, syslog and terminals put around them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.logs.dialects.envelopes import is_inside, join_parts, open_envelopes

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
        ('[INFO] {"level":"error"}', '[INFO] {"level":"error"}', {}, ()),
        ('half-open connection {"a":1}', 'half-open connection {"a":1}', {}, ()),
        (f'{NOW} got {{"level":"error"}}', f'{NOW} got {{"level":"error"}}', {}, ()),
        (f'{NOW} {{"a":1}}', '{"a":1}', {"ts": NOW}, ("stamp",)),
        (f'{NOW} {{"a":1}} and more', f'{NOW} {{"a":1}} and more', {}, ()),
    ],
)
def test_envelopes(line: str, inner: str, fields: dict[str, str], names: tuple[str, ...]) -> None:
    letter = open_envelopes(line.encode())
    assert letter.line.decode() == inner
    assert letter.fields == fields
    assert letter.names == names


@pytest.mark.parametrize(
    "data",
    [
        " -",
        r' [a@1 k="x\]y"]',
        r' [a@1 k="1\\2" l="\""][b c="[1]"]',
        ' [a k="no end]',
        r" [a k=\]]",
    ],
    ids=["none", "a bracket", "several", "a quote that does not end", "without quotes"],
)
def test_structured_data_of_syslog_is_told_from_the_message(data: str) -> None:
    letter = open_envelopes(f"<11>1 {NOW} h a 1 ID{data} [x] boom".encode())
    assert letter.line == b"[x] boom"
    assert (letter.fields["priority"], letter.fields["host"]) == ("11", "h")
    assert open_envelopes(f"<11>1 {NOW} h a 1 ID boom".encode()).line == b"boom"


def test_parts_of_a_long_line() -> None:
    parts = [f"{NOW} stdout P a", f"{NOW} stderr F other", f"{NOW} stdout P b", f"{NOW} stdout F c", "text"]
    lines = [part.encode() for part in parts]
    assert [is_inside(line, 0, len(line)) for line in lines] == [True, False, True, False, False]
    content = b"\n".join(lines)
    ends = [content.index(line) + len(line) for line in lines]
    assert [is_inside(content, 0, end) for end in ends] == [True, True, True, False, False]
    joined = join_parts(lines)
    assert [open_envelopes(line).line for _, line in joined] == [b"abc", b"other", b"text"]
    lines = [b'{"log":"%b","stream":"stdout","time":"now"}' % text for text in (b"a", b"b\\n", b"c\\n")]
    assert [is_inside(line, 0, len(line)) for line in lines] == [True, False, False]
    assert [open_envelopes(line).line for _, line in join_parts(lines)] == [b"ab", b"c"]
    assert open_envelopes(lines[0]).is_part
    assert not open_envelopes(lines[1]).is_part


def test_an_object_with_a_log_of_its_own_is_none() -> None:
    line = b'{"log":"x\\n","stream":"stdout","time":"now","level":"info"}'
    assert open_envelopes(line).line == line


@given(st.binary(max_size=200))
def test_no_line_is_too_odd(line: bytes) -> None:
    open_envelopes(line)
