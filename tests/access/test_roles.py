"""Each role may what those before it may."""

from __future__ import annotations

import pytest

from corvo_agent.access.roles import Role
from corvo_agent.errors import InvalidArgument


def test_their_order_and_their_names() -> None:
    assert [role.text for role in sorted(Role)] == ["viewer", "reader", "operator", "admin"]
    assert all(Role.parse(role.text.title()) is role for role in Role)


def test_an_unknown_one_is_told_which_there_are() -> None:
    with pytest.raises(InvalidArgument, match=r"--role.*root.*viewer, reader, operator, admin"):
        Role.parse("root", "--role")
