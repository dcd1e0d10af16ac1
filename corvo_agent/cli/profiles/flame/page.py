"""A flame graph as one page: the console's own modules with their data inside. It calls nothing and stores nothing."""

from __future__ import annotations

import base64
import hashlib
from html import escape

import orjson

from ....console.assets import asset, bundle
from .data import FlameData


def flame_page(data: FlameData) -> str:
    """The text of the page. Its policy allows the script and the style sheet in it, by their hashes, and no more."""
    script = bundle("flame", "page.js")
    style = "".join((asset("shell", "theme.css"), asset("shell", "shell.css"), asset("flame", "flame.css")))
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )
    # A name must not end the element that it stands in: JSON knows the character by its number, too.
    values = orjson.dumps(data.as_json()).decode().replace("<", "\\u003c")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=True)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(data.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<main id="flame"></main>\n<script type="application/json" id="data">{values}</script>\n'
        f'<script type="module">{script}</script>\n</body>\n</html>\n'
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
