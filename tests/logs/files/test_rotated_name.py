"""What the names of rotated files say, and which names are none."""

from __future__ import annotations

import pytest

from corvo_agent.logs.files.rotated_name import PACKED, bases_of, read_rotated_name

OTHERS = (
    "a.log",
    "b.log.1",
    "a.logs.1",
    "a-b.log",
    "a.log.1.tmp",
    "a2024-01-01.log",
    "a..log",
    "a.log.",
    "aa.log.1",
    "a.1.log.2",
    "a.log.1.2",
    "a.log.99999999",
    "a.log.2024-13-01",
    "a.log.boldly",
)

NAMES = {
    "a.log.1": ("", 1),
    "a.log-1": ("", 1),
    "a.1.log": ("", 1),
    "a.log.007": ("", 7),
    "a.log.old": ("", -1),
    "a.old.log": ("", -1),
    "a.log.BAK": ("", -1),
    "a.log.bak2": ("", 2),
    "a.log.2024-01-31": ("20240131", -1),
    "a.log_2024-01-31": ("20240131", -1),
    "a_2024-01-31.log": ("20240131", -1),
    "a.2024-01.log": ("202401", -1),
    "a.log.2024-01-31.10": ("20240131", 10),
    "a.2024-01-31.10.log": ("20240131", 10),
    "a-2024-01-31-10.log": ("20240131", 10),
    "a-2024-01-31-100.log": ("20240131", 100),
    "a-2024-01-31.log.3": ("20240131", 3),
    "a-2024-01-31-23.7.log": ("2024013123", 7),
    "a.log.2024-01-31_23": ("20240131", 23),
    "a.log.2024-01-31T23": ("2024013123", -1),
    "a.log.2024-01-31_23-59": ("202401312359", -1),
    "a.log.20240131-235959": ("20240131235959", -1),
    "a.log.20240131235959": ("20240131235959", -1),
    "a.log-20240131-1706659200": ("20240131", 1706659200),
    "a-2024-01-31T23-59-59.001.log": ("20240131235959001", -1),
    "a.2024-01-31_23-59-59_123456.log": ("20240131235959123456", -1),
    "a.log.2024-01-31T23:59:59Z": ("20240131235959", -1),
    "a.log.1706659200": ("1706659200", -1),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["", *PACKED])
def test_dates_and_numbers(name: str, suffix: str) -> None:
    date, number = NAMES[name]
    found = read_rotated_name(name + suffix, "a.log")
    assert found is not None
    assert (found.date.rstrip("0"), found.number) == (date.rstrip("0"), number)
    assert not found.is_doubtful
    assert "a.log" in bases_of(name + suffix)


@pytest.mark.parametrize("name", OTHERS)
def test_other_names_are_none(name: str) -> None:
    assert read_rotated_name(name, "a.log") is None
    assert "a.log" not in bases_of(name)


def test_a_log_without_an_extension() -> None:
    found = read_rotated_name("syslog-20240101.xz", "syslog")
    assert found is not None
    assert found.date.startswith("20240101")
    assert list(bases_of("syslog.1")) == ["syslog"]


@pytest.mark.parametrize("name", ["a-1.log", "a_12.log.gz"])
def test_names_that_logs_of_their_own_may_have(name: str) -> None:
    found = read_rotated_name(name, "a.log")
    assert found is not None
    assert found.is_doubtful


def test_the_names_of_one_way_of_rotating_have_one_form() -> None:
    forms = [
        {"a.log.1", "a.log.2.gz", "a.log.10.zst"},
        {"a.1.log", "a.2.log.gz"},
        {"a.log.2024-01-31", "a.log.20240130.gz", "a.log.2024-01-29.3"},
        {"a.log.old"},
        {"a.log.1706659200"},
    ]
    found = [{said.form for name in names if (said := read_rotated_name(name, "a.log"))} for names in forms]
    assert [len(each) for each in found] == [1] * len(forms)
    assert len(set.union(*found)) == len(forms)
