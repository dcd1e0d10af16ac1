"""What browsers get: modules of JavaScript and style sheets, as they are, without a build.

``flame/`` draws flame graphs: ``tree.js`` knows boxes and never the page, ``view.js`` draws them on a canvas and hears
the keyboard, ``page.js`` puts a page around them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .assets import asset, bundle
else:
    __getattr__, __dir__ = lazy_names(__name__, {"assets": ("asset", "bundle")})

__all__ = ("asset", "bundle")
