"""Callers by token, by JSON Web Token and by certificate: the one table of roles, tried by each way, over TLS."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import grpc.aio
import pytest
import pytest_asyncio

from corvo_agent.access.roles import Role
from corvo_agent.access.rules import ROUTES, RPCS
from corvo_agent.access.tokens import new_token
from corvo_agent.errors import ConfigError
from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.jwt_settings import JwtSettings
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.memory import MemoryStore
from tests.access.test_json_web_tokens import RULES, key_set, token
from tests.certificates import Authority as Certificates
from tests.certificates import Identity
from tests.descriptors import google_class

from .agents import AgentFarm
from .conftest import LOCAL, Store, settled
from .modules import module

# Those by tokens of our own are tried in test_roles.
WAYS = ("jwt", "certificate")
TOKENS = {role: new_token(role, role.text, None) for role in Role}


class Authority(Certificates):
    """One that is asked for the same certificates again and again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._issued: dict[str, Identity] = {}

    def issue(self, host: str) -> Identity:
        if host not in self._issued:
            self._issued[host] = super().issue(host)
        return self._issued[host]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ways")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder)


@pytest.fixture
def settings(folder: Path, authority: Authority) -> GatewaySettings:
    server = authority.issue("127.0.0.1")
    tokens, keys = folder / "tokens", folder / "keys.json"
    tokens.write_text("\n".join(line for _, line in TOKENS.values()))
    tokens.chmod(0o600)
    keys.write_bytes(key_set("r", "e"))
    return replace(
        LOCAL,
        tls_cert=str(server.cert),
        tls_key=str(server.key),
        token_file=str(tokens),
        grpc_listen="127.0.0.1:0",
        client_ca=str(authority.path),
        clients=tuple((f"{role.text}.example", role) for role in Role),
        jwt=JwtSettings(str(keys), RULES.issuer, RULES.audience),
    )


@pytest_asyncio.fixture(autouse=True)
async def there(gateway: Gateway, store: Store, agents: AgentFarm) -> None:
    """a1 with its agent."""
    await agents.start(module("a1"))
    await settled(gateway, store)


@dataclass
class Way:
    """A caller: what it shows with each call, and the certificate that it shows while it connects."""

    headers: dict[str, str]
    certificate: tuple[Path, Path] | None = None


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def caller(way: str, role: Role, authority: Authority) -> Way:
    if way == "token":
        return Way({"Authorization": f"Bearer {TOKENS[role][0]}"})
    if way == "jwt":
        return Way({"Authorization": f"Bearer {token(roles=[role.text])}"})
    identity = authority.issue(f"{role.text}.example")
    return Way({}, (identity.cert, identity.key))


@asynccontextmanager
async def session(way: Way, authority: Authority) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context(cafile=authority.path)
    if way.certificate is not None:
        context.load_cert_chain(*way.certificate)
    connector = aiohttp.TCPConnector(ssl=context)
    async with aiohttp.ClientSession(headers=way.headers, connector=connector) as found:
        yield found


async def test_each_role_and_each_request(gateway: Gateway, authority: Authority, way: str) -> None:
    for role in Role:
        expected = {key: least is not None and role < least for key, least in ROUTES.items()}
        assert await requests(gateway, authority, way, role) == expected


async def requests(gateway: Gateway, authority: Authority, way: str, role: Role) -> dict[tuple[str, str], bool]:
    """Which requests are refused."""
    verdicts = {}
    async with session(caller(way, role, authority), authority) as asking:
        # Deletes last: what is gone cannot be refused.
        for method, path in sorted(ROUTES, key=lambda route: route[0] == "DELETE"):
            url = gateway.url + path.replace("{name}", "a1").replace("{id}", "0a1b")
            body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
            if path.endswith("/Debug"):
                body = {"query": "Stats"}
            async with asking.request(method, url, json=body) as response:
                verdicts[method, path] = response.status in (401, 403)
    return verdicts


async def test_each_role_and_each_method(gateway: Gateway, authority: Authority, way: str) -> None:
    for role in Role:
        expected = {name: role < least for name, least in RPCS.items()}
        assert await methods(gateway, authority, way, role) == expected


async def methods(gateway: Gateway, authority: Authority, way: str, role: Role) -> dict[str, bool]:
    """Which methods are refused."""
    found = caller(way, role, authority)
    cert, key = (path.read_bytes() for path in found.certificate) if found.certificate else (None, None)
    credentials = grpc.ssl_channel_credentials(authority.path.read_bytes(), key, cert)
    metadata = [("req-version", "v1"), *((name.lower(), value) for name, value in found.headers.items())]
    request = google_class("diagnostics.Module")(O={"Name": "a1"}).SerializeToString()
    debug = google_class("diagnostics.DiagnosticsRequest")(O={"Name": "a1"}, Query="Stats").SerializeToString()
    verdicts = {}
    async with grpc.aio.secure_channel(gateway.grpc_address, credentials) as channel:
        for name in RPCS:
            data = debug if name == "Debug" else b"" if "List" in name or "Watch" in name else request
            asked: grpc.aio.UnaryStreamMultiCallable[bytes, bytes]
            asked = channel.unary_stream(f"/diagnostics.DiagnosticsV1/{name}")
            call = asked(data, metadata=metadata, timeout=30)
            try:
                await call.read()
                code = await call.code() if call.done() else grpc.StatusCode.OK
            except grpc.aio.AioRpcError as error:
                code = error.code()
            call.cancel()
            verdicts[name] = code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
    return verdicts


async def test_who_shows_nothing_that_is_known_is_no_caller(gateway: Gateway, authority: Authority) -> None:
    stranger = authority.issue("stranger.example")
    ways = [
        Way({}),
        Way({}, (stranger.cert, stranger.key)),
        Way({"Authorization": f"Bearer {token(exp=1)}"}),
        # A token that is shown counts, not the certificate behind it.
        Way({"Authorization": "Bearer nonsense"}, caller("certificate", Role.ADMIN, authority).certificate),
    ]
    for way in ways:
        async with session(way, authority) as asking, asking.get(f"{gateway.url}/metrics") as response:
            assert response.status == 401
    # One who is not listed may show a token all the same.
    known = Way(caller("token", Role.VIEWER, authority).headers, (stranger.cert, stranger.key))
    async with session(known, authority) as asking, asking.get(f"{gateway.url}/metrics") as response:
        assert response.status == 200


async def test_no_page_uses_the_certificate_of_its_browser(gateway: Gateway, authority: Authority) -> None:
    admin = caller("certificate", Role.ADMIN, authority)
    headers = {"Origin": gateway.url}
    url = f"{gateway.url}/configs/diagnostics/v1/modules/a1/level"
    async with session(Way(headers, admin.certificate), authority) as asking, asking.put(url, json={}) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"client_ca": ""}, "client"),
        ({"clients": ()}, "client"),
        ({"tls_cert": "", "tls_key": ""}, "client-ca"),
        ({"jwt": JwtSettings("/nonexistent", "i", "a")}, "jwt-keys"),
        ({"jwt": JwtSettings("http://id.example/keys", "i", "a")}, "jwt-keys"),
        ({"jwt": JwtSettings("/nonexistent", "i", "a", ("HS256",))}, "jwt-algorithm"),
    ],
)
async def test_what_is_half_told_is_refused(settings: GatewaySettings, more: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError) as raised:
        async with Gateway(MemoryStore(), replace(settings, **more)):  # type: ignore[arg-type]
            raise AssertionError("unreachable")
    assert raised.value.what.startswith(what)
