"""Who may do what: the roles, the one table of what each of them may, and the tokens that carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .caller import ANYONE, Caller, calling, current_caller
    from .roles import Role
    from .rules import COMMANDS, QUERIES, ROUTES, RPCS, role_of_query
    from .tokens import TokenFile, Tokens, new_token
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "caller": ("ANYONE", "Caller", "calling", "current_caller"),
            "roles": ("Role",),
            "rules": ("COMMANDS", "QUERIES", "ROUTES", "RPCS", "role_of_query"),
            "tokens": ("TokenFile", "Tokens", "new_token"),
        },
    )

__all__ = (
    "ANYONE",
    "COMMANDS",
    "QUERIES",
    "ROUTES",
    "RPCS",
    "Caller",
    "Role",
    "TokenFile",
    "Tokens",
    "calling",
    "current_caller",
    "new_token",
    "role_of_query",
)
