"""Stubs and hubs meet where only their user can put anything."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from corvo_agent.stub.place import meeting_place
from tests.stub.kit import runtime_folder


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with runtime_folder() as made:
        monkeypatch.setenv("CORVO_RUNTIME_DIR", str(made))
        yield made


def test_the_folder_that_is_named_is_taken(folder: Path) -> None:
    place = meeting_place("node1-shop")
    assert place is not None
    assert Path(place.socket).parent == Path(place.lock).parent == folder


def test_a_folder_that_others_may_write_to_is_none(folder: Path) -> None:
    folder.chmod(0o777)
    assert meeting_place("node1-shop") is None


def test_one_whose_sockets_have_too_long_a_path_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORVO_RUNTIME_DIR", str(folder / ("long" * 25)))
    assert meeting_place("node1-shop") is None


def test_without_a_name_the_user_s_own_is_taken_and_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CORVO_RUNTIME_DIR")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    before = os.umask(0o077)
    try:
        place = meeting_place("node1-shop")
    finally:
        os.umask(before)
    assert place is not None
    assert Path(place.stem).parent == folder / "corvo"
    # Workers of root's service may belong to another user.
    assert (folder / "corvo").stat().st_mode & 0o777 == (0o700 if os.geteuid() else 0o711)
