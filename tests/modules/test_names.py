"""Which names a Module may have, and where it lies."""

from __future__ import annotations

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.names import key_of, name_of, self_link_of, validate_name


@pytest.mark.parametrize("name", ["node1-pen-spyglass", "00ae.cd33.0001-pen-netagent", "a1", "x@y", "A_b", "a" * 64])
def test_a_good_name_is_the_last_part_of_the_key(name: str) -> None:
    assert validate_name(name) == name
    assert key_of(name) == "/venice/config/diagnostics/modules/" + name
    assert name_of(key_of(name)) == name
    assert self_link_of(name) == "/configs/diagnostics/v1/modules/" + name


@pytest.mark.parametrize(
    "name", ["", "a", "-ab", "ab-", "a b", "a/b", "../x", "a" * 65, "käse", "ab\n", "ab\x00", None, 7]
)
def test_a_bad_name_is_refused_and_named(name: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        key_of(name)
    assert caught.value.what == "meta.name"
    assert caught.value.value == name
