"""What browsers get: modules of JavaScript and style sheets, as they are, without a build.

``index.html`` is the gateway's page. ``shell/`` is what surrounds its screens (``app.js`` says how one is added), each
of which has a folder. ``flame/`` draws flame graphs, there and in files of their own: ``tree.js`` knows boxes and never
the page, ``view.js`` draws them on a canvas and hears the keyboard, ``page.js`` puts a page around them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .assets import MEDIA_TYPES, all_assets, asset, bundle
else:
    __getattr__, __dir__ = lazy_names(__name__, {"assets": ("MEDIA_TYPES", "all_assets", "asset", "bundle")})

__all__ = ("MEDIA_TYPES", "all_assets", "asset", "bundle")
