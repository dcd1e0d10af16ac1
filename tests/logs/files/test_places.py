"""Places in many logs are one text, and any other text is refused."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.files.cursor import Cursor, FileMark
from corvo_agent.logs.files.places import decode_places, encode_places

NUMBERS = st.integers(0, (1 << 64) - 1)
MARKS = st.builds(FileMark.of, st.binary(max_size=256), NUMBERS)
CURSORS = st.builds(Cursor, MARKS, NUMBERS, forward=st.just(True))


@given(st.dictionaries(st.text(min_size=1), CURSORS))
def test_what_is_written_is_read(places: dict[str, Cursor]) -> None:
    assert decode_places(encode_places(places)) == places


def test_the_place_of_one_log_has_no_path() -> None:
    cursor = Cursor(FileMark.of(b"x" * 200, 7), 12, forward=True)
    assert decode_places(cursor.encode()) == {"": cursor}


def test_a_thousand_logs_fit_into_an_address() -> None:
    places = {
        f"/var/log/app/service-{n}.log": Cursor(FileMark.of(b"%d" % n * 99, 30_000_000 + n), n * 977, forward=True)
        for n in range(1000)
    }
    assert len(encode_places(places)) < 40_000


def packed(data: bytes) -> str:
    return "~" + base64.urlsafe_b64encode(zlib.compress(data)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "~",
        "~zzz",
        "zzz",
        "~" + "A" * (2 << 20),
        packed(b"[2,[]]"),
        packed(b"[1,[[1]]]"),
        packed(b'[1,[["/a",-1,0,"x",1]]]'),
        packed(b'[1,[["/a",1,0,7,1]]]'),
        packed(b"[1," + b" " * (16 << 20) + b"[]]"),
        packed(b"[1,[]]")[:-3],
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        decode_places(text)


@given(st.text())
def test_no_text_does_more_than_be_refused(text: str) -> None:
    for each in (text, "~" + text):
        try:
            decode_places(each)
        except InvalidArgument:
            continue
