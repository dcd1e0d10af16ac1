"""A cursor comes back as it was sent, and knows its file again."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.logs.files.cursor import Cursor, FileMark

numbers = st.integers(0, 2**63)
cursors = st.builds(Cursor, st.builds(FileMark.of, st.binary(max_size=256), numbers), numbers, st.booleans(), numbers)


@given(cursors)
def test_it_comes_back(cursor: Cursor) -> None:
    text = cursor.encode()
    assert Cursor.decode(text) == cursor
    assert text.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"null",
        b"[1]",
        b'[2,true,1,0,3,"ab",4]',
        b'[1,1,1,0,3,"ab",4]',
        b'[1,true,-1,0,3,"ab",4]',
        b'[1,true,1,0,300,"ab",4]',
        b"[1,true,1,0,3,7,4]",
        b'[1,true,1.5,0,3,"ab",4]',
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidArgument) as caught:
        Cursor.decode(base64.urlsafe_b64encode(content).decode())
    assert caught.value.what == "cursor"


def test_a_file_is_known_by_its_beginning() -> None:
    mark = FileMark.of(b"a" * 100, 1)
    assert mark.fits(b"a" * 256)
    assert not mark.fits(b"a" * 99)
    assert not mark.fits(b"b" * 256)
    assert mark.tells
    assert not FileMark.of(b"short", 1).tells
