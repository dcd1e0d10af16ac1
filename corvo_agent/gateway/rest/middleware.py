"""What happens to every request around its view: headers, origins, credentials, and paths that lead nowhere."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from urllib.parse import SplitResult, urlsplit

import orjson
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from ...access.audit import Audit
from ...access.caller import Caller, calling
from ...access.roles import Role
from ...access.rules import ROUTES
from ...access.wrong_tokens import bearer
from ...addresses import is_loopback
from ...errors import CorvoError, DecodeError, NotAuthorized
from ...modules.names import API_PATH
from ...tasks import end_task
from ..auth import Gatekeeper
from ..objects.errors import MISDIRECTED, UNAUTHENTICATED, UNAUTHORIZED, Action, unreadable
from .connection import GuardedHandler
from .http import BODY_SECONDS, error_response, failure_response, plain_failure

_log = logging.getLogger(__name__)
_SECURITY = {
    "X-Frame-Options": "deny",
    "X-XSS-Protection": "1; mode=block",
    "X-Content-Type-Options": "nosniff",
    "Server": "corvo",
}
_ONLY_TLS = "max-age=63072000; includeSubDomains"
_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
# Paths of the original whose answers any page may read; logs and the like are not among them.
_SHARED = (f"{API_PATH}/modules", f"{API_PATH}/watch/modules")
# What lasts until its caller leaves.
_STREAMS = f"{API_PATH}/watch"
_OPEN = ("/healthz", "/readyz")
_COOKIE = "sid"
# Where a request keeps the name of its caller.
_CALLER = web.RequestKey("corvo-caller", str)
_CSRF_HEADER = "Grpc-Metadata-Csrf-Token"


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """What every answer carries; streams too, so it is a signal of aiohttp and no middleware."""
    response.headers.update(_SECURITY)
    if request.secure:
        # Not over plain HTTP (RFC 6797, 7.2): whoever stands between could have added it.
        response.headers["Strict-Transport-Security"] = _ONLY_TLS
    # The console's page has one of its own: it runs scripts.
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    origin = request.headers.get("Origin")
    # Echoed rather than "*": the answer depends on the page that asks, and caches have to know (Vary). One that is
    # refused is not: its bytes would not even fit into a header.
    if origin and response.status != 400 and request.method in ("GET", "OPTIONS") and _is_shared(request.path):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.add("Vary", "Origin")


@web.middleware
async def answer_strays(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Paths and methods that are not routed, and errors that no view answers, have bodies of their own."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith(API_PATH):
            return plain_failure(404)
        return web.Response(text="404 page not found\n", status=404)
    except web.HTTPMethodNotAllowed as error:
        return plain_failure(405, {"Allow": ", ".join(sorted(error.allowed_methods))})
    except web.HTTPRequestTimeout:
        return failure_response(unreadable(408, f"the body did not come within {BODY_SECONDS:g} s"))
    except CorvoError as error:
        return error_response(error, Action.READ)


def check_host(hostnames: Collection[str]) -> Middleware:
    """Lets pass who asks for this gateway by an address, as localhost, or by one of ``hostnames``.

    For gateways that ask for no token: a page whose name was rebound to this address (DNS rebinding) is its own origin
    and could read every answer, but its browser still sends its name.
    """
    known = {"localhost", *(name.lower().rstrip(".") for name in hostnames)}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host")
        # HTTP/1.0 knows no Host, and no browser speaks it.
        if host is not None and request.path not in _OPEN and not _names(host, known):
            return failure_response(MISDIRECTED)
        return await handler(request)

    return check


def _names(host: str, known: Collection[str]) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        if name not in known:
            ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


@web.middleware
async def check_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers preflights; a page of another origin may look, but not touch. No browser sends what is no origin."""
    origin = request.headers.get("Origin", "")
    asked = _read_origin(origin)
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        headers = {"Access-Control-Allow-Headers": "Content-Type,Accept", "Access-Control-Allow-Methods": "GET,OPTIONS"}
        return web.Response(headers=headers)
    if origin and request.method != "GET" and not _same_origin(request, asked):
        body = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": f"{request.method} from the origin {origin[:200]} is forbidden",
            "reason": "Forbidden",
            "code": 403,
        }
        return web.Response(body=orjson.dumps(body), status=403, content_type="application/json")
    return await handler(request)


def audit_refusals(audit: Audit) -> Middleware:
    """Counts the requests that the checks behind it, or a view, refuse to their caller."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if response.status in (401, 403):
            route = _route_of(request)
            what = " ".join(route) if route is not None else "nothing that is served"
            audit.refused(request.get(_CALLER, "unknown"), request.remote or "", what)
        return response

    return count


def check_credentials(gatekeeper: Gatekeeper, again: float = 15.0) -> Middleware:
    """Lets pass who shows a token whose role the request takes, by the one table of them.

    While a stream lasts its token is looked at ``again`` every so many seconds: it ends with the rights it began with.
    """

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        route = _route_of(request)
        if route is not None and ROUTES.get(route, Role.ADMIN) is None:
            return await handler(request)
        if not gatekeeper.required:
            try:
                caller = await _connected(request, gatekeeper)
            except CorvoError as error:
                request[_CALLER] = getattr(error, "who", "") or "unknown"
                return error_response(error, Action.READ)
            request[_CALLER] = caller.name
            with calling(replace(caller, address=request.remote or "")):
                return await handler(request)
        header, cookie = bearer(request.headers.get("Authorization", "")), request.cookies.get(_COOKIE, "")
        certified = gatekeeper.certified(request.transport)
        known = await gatekeeper.caller(header or cookie, request.remote or "unknown", certified)
        if known is None:
            response = failure_response(UNAUTHENTICATED)
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        request[_CALLER] = known.name
        # A browser sends its cookie with whatever a page makes it send; it does not send this header.
        forged = not header and "Origin" in request.headers and request.headers.get(_CSRF_HEADER) != cookie
        if request.method != "GET" and forged:
            return failure_response(UNAUTHORIZED)
        # Any page may open a WebSocket anywhere, and read it: its browser asks for no CORS there, and sends the cookie.
        if not header and hdrs.UPGRADE in request.headers and _is_foreign(request):
            return failure_response(UNAUTHORIZED)
        with calling(replace(known, address=request.remote or "")):
            # Where nothing is routed there is nothing to be allowed; what the table has not nobody may.
            try:
                if route is not None:
                    known.require(_role_of(route, known))
            except NotAuthorized as error:
                return error_response(error, Action.READ)
            if not request.path.startswith(_STREAMS):
                return await handler(request)

            async def is_known() -> bool:
                return await gatekeeper.caller(header or cookie, request.remote or "unknown", certified) == known

            watching = asyncio.create_task(_cut_off(request, is_known, again), name="corvo-token-watch")
            try:
                return await handler(request)
            finally:
                await end_task(watching)

    return check


async def _cut_off(request: web.Request, is_known: Callable[[], Awaitable[bool]], again: float) -> None:
    """End the connection of a request once its caller has other rights, or none; cancelled when it is answered."""
    known = True
    while known:
        await asyncio.sleep(again)
        try:
            known = await is_known()
        except CorvoError as error:
            # That it cannot be found out now says nothing about the caller.
            _log.info("the token of a stream is not looked at: %s", error)
    _log.info("a stream of %s ends: its token holds no more, or gives other rights", request.get(_CALLER, "unknown"))
    if request.transport is not None:
        request.transport.abort()


async def _connected(request: web.Request, gatekeeper: Gatekeeper) -> Caller:
    """Whose the connection of a request is; looked up by its first one."""
    connection = request.protocol
    if not isinstance(connection, GuardedHandler):
        return await gatekeeper.connected(request.transport)
    if connection.caller is None:
        connection.caller = await gatekeeper.connected(request.transport)
    return connection.caller


def _route_of(request: web.Request) -> tuple[str, str] | None:
    """The row of the table that a request is about, None where nothing is routed."""
    resource = request.match_info.route.resource
    # Where HEAD is routed it is a GET without its body.
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return None if resource is None else (method, resource.canonical)


def _role_of(route: tuple[str, str], caller: Caller) -> Role:
    role = ROUTES.get(route)
    if role is None:
        raise NotAuthorized(caller.name, "", "no role may do that")
    return role


def _is_shared(path: str) -> bool:
    return path in _SHARED or (path.startswith(f"{API_PATH}/modules/") and path.count("/") == API_PATH.count("/") + 2)


def _read_origin(origin: str) -> SplitResult:
    """The parts of an Origin header (RFC 6454 section 7); raises DecodeError for text that cannot be one."""
    try:
        asked = urlsplit(origin.encode("ascii").decode())
        # Read here, because it is only now that a port such as 99999 is found to be none.
        _ = asked.port
    except ValueError:
        raise DecodeError("Origin", "the header Origin is no origin") from None
    return asked


def _is_foreign(request: web.Request) -> bool:
    """Whether a page of another origin has sent it, as far as that is told."""
    origin = request.headers.get("Origin", "")
    return bool(origin) and not _same_origin(request, _read_origin(origin))


def _same_origin(request: web.Request, asked: SplitResult) -> bool:
    if asked.netloc != request.host:
        return False
    # A name that was rebound to loopback (DNS rebinding) is its own origin, and yet its page is a stranger's.
    transport = request.transport
    local = transport.get_extra_info("sockname") if transport else None
    listens_local = isinstance(local, tuple) and is_loopback(str(local[0]))
    return not listens_local or is_loopback(asked.hostname or "")
