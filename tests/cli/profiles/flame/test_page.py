"""A flame graph as a page, as text; tests/console looks at it in a browser."""

from __future__ import annotations

import base64
import hashlib
import html
import re

import orjson

from corvo_agent.cli.profiles.flame.data import flame_data
from corvo_agent.cli.profiles.flame.page import flame_page

from .trees import VALUES, measured, stack


def test_a_page_needs_nothing_else_and_is_not_ended_by_a_name() -> None:
    page = flame_page(flame_data(measured((stack("</script><script>alert(1)</script>", "\x1b[2J"), 1)), "<b>m</b>"))
    assert page.startswith("<!doctype html>")
    assert "<script>alert" not in page
    assert "<b>m" not in page
    assert "<title>&lt;b&gt;m&lt;/b&gt;</title>" in page
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=|url\(|https?:(?!//www\.w3\.org)", page)


def test_its_data_are_those_of_the_profile() -> None:
    data = flame_data(VALUES, "m")
    text = re.search(r'id="data">(.*?)</script>', flame_page(data), re.DOTALL)
    assert text is not None
    assert orjson.loads(text[1]) == orjson.loads(orjson.dumps(data.as_json()))


def test_its_policy_allows_its_own_script_and_style_sheet_only() -> None:
    page = flame_page(flame_data(VALUES, "m"))
    found = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert found is not None
    policy = html.unescape(found[1])
    assert policy.startswith("default-src 'none'; ")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        text = re.search(rf'<{tag}(?: type="module")?>(.*?)</{tag}>', page, re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
