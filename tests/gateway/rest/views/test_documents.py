"""The pages below /docs, as a browser takes them: every link is followed, and nothing leads elsewhere unasked."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import pytest

from corvo_agent.guides import pages
from tests.console.browser import browser_page
from tests.gateway.conftest import Api
from tests.world.machine import needs


class Read(HTMLParser):
    """What a page says, links to, loads and can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        assert not {name for name in told if name.startswith("on")} | ({"style"} & told.keys()), told
        if "id" in told:
            self.anchors.append(told["id"])
        if tag == "a":
            self.links.append(told["href"])
        self.loads += [told[name] for name in ("src", "href") if name in told and tag != "a"]

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_every_page_is_whole_and_every_link_leads_somewhere(api: Api) -> None:
    read: dict[str, Read | None] = {}
    wanted = [f"{api.gateway.url}/docs"]
    links: list[str] = []
    while wanted:
        url = wanted.pop()
        async with api.session.get(url) as response:
            assert response.status == 200, url
            assert "script" not in response.headers["Content-Security-Policy"]
            is_page = response.content_type == "text/html"
            read[url] = found = Read(await response.text()) if is_page else None
        if found is None:
            continue
        assert "script" not in found.tags
        assert len(set(found.anchors)) == len(found.anchors), url
        assert "<!--" not in found.text
        links += [urljoin(url, link) for link in (*found.links, *found.loads)]
        assert all(urljoin(url, each).startswith(api.gateway.url) for each in found.loads)
        ours = {urldefrag(link)[0] for link in links if link.startswith(api.gateway.url)}
        wanted = sorted(ours - read.keys())
    for link in links:
        url, anchor = urldefrag(link)
        page = read.get(url)
        assert not anchor or page is None or anchor in page.anchors, link
    assert {f"{api.gateway.url}/docs/guide/{page.name}" for page in pages()} < read.keys()


async def test_a_guide_that_is_not_there_is_404(api: Api) -> None:
    async with api.session.get(f"{api.gateway.url}/docs/guide/none") as response:
        assert (response.status, (await response.json())["kind"]) == (404, "Status")


@needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_a_browser_shows_them_within_their_width(api: Api, scheme: str, width: int) -> None:
    viewport = {"width": width, "height": 900}
    async with browser_page(color_scheme=scheme, viewport=viewport, own=api.gateway.url) as page:
        for path in ("/docs", "/docs/guide", *(f"/docs/guide/{each.name}" for each in pages())):
            await page.goto(api.gateway.url + path)
            assert await page.evaluate("document.documentElement.scrollWidth") == width, path
            # The style sheet is in force: the policy lets it in.
            dark = await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 25, 28)"
            assert dark == (scheme == "dark")
