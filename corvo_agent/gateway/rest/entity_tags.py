"""Entity tags (RFC 9110 section 8.8.3): what GET answers with, what If-Match and If-None-Match compare.

The tag of an object is its version and a checksum of what is shown of it: the same version of other data, as after a
restore, has another one. A write compares the version alone, which is all that a write changes. An answer that is
compressed has the coding behind its tag, as other bytes need another one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

from aiohttp import ETag, hdrs, web

from ...errors import DecodeError, VersionConflict
from ..objects.precondition import ANY_VERSION, Precondition
from ..watching.cached_module import CachedModule

_ETAG = "ETag"
# One of a list of them, or "*".
_GIVEN = re.compile(r'[ \t]*(?:(\*)|(W/)?"([\x21\x23-\x7e\x80-\uffff]*)")?[ \t]*(?:,|$)')


def module_tag(entry: CachedModule, shown: bytes) -> str:
    """The tag of one object that is ``shown`` so, with what lies beside it; without quotes."""
    return f"{entry.module.meta.resource_version}-{zlib.crc32(shown):08x}"


def tagged(headers: Mapping[str, str], tag: str) -> dict[str, str]:
    """``headers`` with that of ``tag``."""
    return {**headers, _ETAG: f'"{tag}"'}


def mark_coded(response: web.StreamResponse, coding: str) -> None:
    """Tell the tag of an answer in ``coding`` from that of the plain one."""
    if tag := response.headers.get(_ETAG):
        response.headers[_ETAG] = f'{tag[:-1]};{coding}"'


def precondition_of(request: web.Request) -> Precondition:
    """What the headers of a write require."""
    match, _ = _given(request, hdrs.IF_MATCH)
    none_match, readable = _given(request, hdrs.IF_NONE_MATCH)
    if not readable:
        # Of If-Match what cannot be read is fulfilled by nothing; this would be by everything.
        raise DecodeError("If-None-Match", "the header If-None-Match is neither * nor a list of tags")
    return Precondition(
        # A weak tag says that two objects are alike, which is not enough to write over one.
        None if match is None else [_version(tag) for tag in match if not tag.is_weak],
        None if none_match is None else [_version(tag) for tag in none_match],
    )


def _given(request: web.Request, name: str) -> tuple[list[ETag] | None, bool]:
    """The tags of a header, None without it, and whether all of it could be read.

    A list may be written as several headers (RFC 9110 section 5.3), of which aiohttp reads the first alone.
    """
    lines = request.headers.getall(name, None)
    if lines is None:
        return None, True
    text, found, position = ",".join(lines), [], 0
    while position < len(text) and (match := _GIVEN.match(text, position)):
        every, weak, tag = match.groups()
        if every or tag is not None:
            found.append(ETag(value=every or tag, is_weak=bool(weak)))
        position = match.end()
    return found, position >= len(text)


def not_modified(request: web.Request, tag: str, headers: Mapping[str, str]) -> web.Response | None:
    """The answer to a caller that has what ``tag`` stands for already.

    Raises VersionConflict when the caller wants it only if it is another one that it has.
    """
    match, _ = _given(request, hdrs.IF_MATCH)
    if match is not None and not any(_same(each, tag) and not each.is_weak for each in match):
        raise VersionConflict(request.path, 0)
    for each in _given(request, hdrs.IF_NONE_MATCH)[0] or ():
        if _same(each, tag):
            shown = tag if each.value == ANY_VERSION else each.value
            return web.Response(status=304, headers={**tagged(headers, shown), "Vary": "Accept-Encoding"})
    return None


def _same(given: ETag, tag: str) -> bool:
    return given.value == ANY_VERSION or given.value.partition(";")[0] == tag


def _version(given: ETag) -> str:
    return given.value.partition(";")[0].partition("-")[0]
