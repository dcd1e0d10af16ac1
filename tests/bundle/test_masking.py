"""Secrets in answers are masked, and what is no secret comes out as it was."""

from __future__ import annotations

import gzip

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.bundle.masking import masked_json, masked_lines, masked_profile, stacks_text
from corvo_agent.errors import DecodeError
from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample, ValueType
from corvo_agent.profiles.pprof.reader import decode


def profile(*labels: str) -> bytes:
    stack = (Frame("app.serve", "/srv/app.py", 7), Frame("app.main", "/srv/app.py", 1))
    samples = [Sample(stack, (number,), (Label("task", text),)) for number, text in enumerate(labels, 1)]
    return encode(Profile((ValueType("tasks", "count"),), samples))


def test_a_label_with_a_secret_is_masked_and_the_profile_stays_valid() -> None:
    masked = decode(masked_profile(profile("fetch https://ada:hunter2@host/", "idle", "token=abc")))
    assert [sample.labels[0].value for sample in masked.samples] == ["fetch https://ada:***@host/", "idle", "token=***"]
    assert [sample.values for sample in masked.samples] == [(1,), (2,), (3,)]


@given(st.lists(st.text(alphabet="abc 123é", min_size=1), max_size=5))
def test_a_profile_without_secrets_is_the_same(labels: list[str]) -> None:
    raw = profile(*labels)
    assert gzip.decompress(masked_profile(raw)) == gzip.decompress(raw)


def test_what_is_no_profile_is_text() -> None:
    assert masked_profile(b"app --password hunter2") == b"app --password ***"


@pytest.mark.parametrize("data", [b"\x1f\x8bnothing", gzip.compress(b"\x32\x7fcut", mtime=0)])
def test_a_profile_that_is_none_is_said(data: bytes) -> None:
    with pytest.raises(DecodeError, match="profile"):
        masked_profile(data)


def test_stacks_are_told_innermost_first_without_secrets() -> None:
    assert stacks_text(profile("api_key=abc")).decode().splitlines() == [
        "1 task=api_key=***",
        "    app.serve  /srv/app.py:7",
        "    app.main  /srv/app.py:1",
    ]


def test_log_lines_lose_their_secrets_and_nothing_else() -> None:
    records = [{"msg": "Bearer abc-123-def sent", "password": "hunter2", "pid": "7"}, {"msg": "ready"}]
    lines = [orjson.loads(line) for line in masked_lines(records).splitlines()]
    assert lines == [{"msg": "Bearer *** sent", "password": "***", "pid": "7"}, {"msg": "ready"}]


def test_values_are_masked_at_any_depth() -> None:
    value = {"cmdline": ["app", "--token", "abc"], "config": {"db": {"password": "hunter2", "host": "db"}}}
    assert orjson.loads(masked_json(value)) == {
        "cmdline": ["app", "--token", "***"],
        "config": {"db": {"password": "***", "host": "db"}},
    }
