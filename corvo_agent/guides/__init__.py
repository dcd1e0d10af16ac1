"""The guides: Markdown pages for people, in a folder for each kind of page, and what finds them.

``corvo guide`` shows them in a terminal, a gateway below ``/docs/guide``; their links are those of files beside each
other, so that they work where the repository is read, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .catalogue import KINDS, Page, page_called, pages
else:
    __getattr__, __dir__ = lazy_names(__name__, {"catalogue": ("KINDS", "Page", "page_called", "pages")})

__all__ = ("KINDS", "Page", "page_called", "pages")
