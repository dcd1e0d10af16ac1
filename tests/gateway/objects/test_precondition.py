"""What has to hold of an object before it is written."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from corvo_agent.errors import VersionConflict
from corvo_agent.gateway.objects.precondition import ANY_VERSION, UNCONDITIONAL, Precondition
from tests.gateway.modules import module

STORED = module("a1", 7)


@pytest.mark.parametrize(
    ("match", "none_match", "holds"),
    [
        (None, None, True),
        (["7"], None, True),
        (["6", "7"], None, True),
        ([ANY_VERSION], None, True),
        (["6"], None, False),
        ([], None, False),
        (["seven"], None, False),
        (["9" * 5000], None, False),
        (None, ["7"], False),
        (None, [ANY_VERSION], False),
        (None, ["6"], True),
        (None, [], True),
        (["7"], ["7"], False),
    ],
)
def test_a_version_is_one_of_those_or_none_of_them(
    match: Collection[str] | None, none_match: Collection[str] | None, holds: bool
) -> None:
    condition = Precondition(match, none_match)
    assert bool(condition) is (condition != UNCONDITIONAL)
    if holds:
        condition.check(STORED)
        return
    with pytest.raises(VersionConflict) as caught:
        condition.check(STORED)
    assert (caught.value.name, caught.value.actual) == ("a1", 7)
