"""What may be done to Modules through the gateway, for REST and gRPC alike: checks, edits, paging, error texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._lazy import lazy_names

if TYPE_CHECKING:
    from .body import check_module
    from .errors import Action, Failure, failure
    from .module_api import Listing, ModuleApi
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "body": ("check_module",),
            "errors": ("Action", "Failure", "failure"),
            "module_api": ("Listing", "ModuleApi"),
        },
    )

__all__ = (
    "Action",
    "Failure",
    "Listing",
    "ModuleApi",
    "check_module",
    "failure",
)
