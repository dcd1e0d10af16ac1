"""Each etcd is known by its version, whatever its folder is called."""

from __future__ import annotations

import pytest

from corvo_agent.embedded import find_etcd

from .etcds import ANOTHER, series_of, version_of


def test_the_version_is_what_the_program_says() -> None:
    assert version_of(find_etcd().etcd) == (3, 5, 1)


@pytest.mark.parametrize(
    ("version", "series"),
    [
        ((3, 3, 27), ANOTHER),
        ((3, 4, 0), "etcd 3.4"),
        ((3, 4, 23), "etcd 3.4"),
        ((3, 5, 0), ANOTHER),
        ((3, 5, 15), ANOTHER),
        ((3, 5, 16), "etcd 3.5.16 or later"),
        ((3, 6, 0), "etcd 3.5.16 or later"),
        ((4, 0), ANOTHER),
    ],
)
def test_versions_of_one_behaviour_are_one_series(version: tuple[int, ...], series: str) -> None:
    assert series_of(version) == series
