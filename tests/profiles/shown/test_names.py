"""Many names on one line."""

from __future__ import annotations

import pytest

from corvo_agent.profiles.shown.names import names_text, natural


def test_numbers_in_names_are_compared_as_numbers() -> None:
    names = ["worker-10", "worker-9", "a", "worker", "9", "worker-9-b"]
    assert sorted(names, key=natural) == ["9", "a", "worker", "worker-9", "worker-9-b", "worker-10"]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b", "c", "d", "e"), "a, b, c, d, e"),
        (("a", "b", "c", "d", "e", "f", "g"), "a, b, c, d, e and 2 more"),
    ],
)
def test_the_rest_is_counted(names: tuple[str, ...], text: str) -> None:
    assert names_text(names) == text
