"""Entity tags (RFC 9110 section 8.8.3): what GET answers with, what If-Match and If-None-Match compare.

The tag of an object is its version and a checksum of what is shown of it: the same version of other data, as after a
restore, has another one. A write compares the version alone, which is all that a write changes. An answer that is
compressed has the coding behind its tag, as other bytes need another one.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

from aiohttp import ETag, web

from ...errors import VersionConflict
from ..objects.precondition import ANY_VERSION, Precondition
from ..watching.cached_module import CachedModule

_ETAG = "ETag"


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
    match, none_match = request.if_match, request.if_none_match
    return Precondition(
        # A weak tag says that two objects are alike, which is not enough to write over one.
        None if match is None else [_version(tag) for tag in match if not tag.is_weak],
        None if none_match is None else [_version(tag) for tag in none_match],
    )


def not_modified(request: web.Request, tag: str, headers: Mapping[str, str]) -> web.Response | None:
    """The answer to a caller that has what ``tag`` stands for already.

    Raises VersionConflict when the caller wants it only if it is another one that it has.
    """
    match = request.if_match
    if match is not None and not any(_same(each, tag) and not each.is_weak for each in match):
        raise VersionConflict(request.path, 0)
    for each in request.if_none_match or ():
        if _same(each, tag):
            shown = tag if each.value == ANY_VERSION else each.value
            return web.Response(status=304, headers={**tagged(headers, shown), "Vary": "Accept-Encoding"})
    return None


def _same(given: ETag, tag: str) -> bool:
    return given.value == ANY_VERSION or given.value.partition(";")[0] == tag


def _version(given: ETag) -> str:
    return given.value.partition(";")[0].partition("-")[0]
