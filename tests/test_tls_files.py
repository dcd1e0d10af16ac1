"""Certificates that are renewed while they are in use, over real connections."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from corvo_agent.diagnostics.tls import client_ssl, server_ssl
from corvo_agent.errors import ConfigError
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.gateway.tls import server_context
from corvo_agent.modules.etcd.client import EtcdClient
from corvo_agent.modules.etcd.options import EtcdOptions
from tests.certificates import Authority, Identity

HOST = "127.0.0.1"


def replace(old: Path, new: Path) -> None:
    """Put the content of ``new`` at ``old`` in one step, as those who renew certificates do."""
    copy = old.with_suffix(".new")
    copy.write_bytes(new.read_bytes())
    os.replace(copy, old)


def renew(old: Identity, new: Identity) -> None:
    replace(old.cert, new.cert)
    replace(old.key, new.key)


@asynccontextmanager
async def served(context: ssl.SSLContext) -> AsyncIterator[int]:
    """A server that says hello to whoever it lets in; its port."""

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        writer.close()

    server = await asyncio.start_server(hello, HOST, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def heard(port: int, context: ssl.SSLContext) -> bool:
    """Whether the two ends accept each other."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port, ssl=context)
    except ssl.SSLError:
        return False
    try:
        return await reader.readline() == b"hello\n"
    except (ssl.SSLError, ConnectionError):
        return False
    finally:
        writer.transport.abort()


async def test_a_server_shows_its_renewed_certificate(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    own = first.issue(HOST)
    async with served(server_ssl(own.cert, own.key)) as port:
        assert await heard(port, client_ssl(first.path))
        renew(own, second.issue(HOST))
        assert await heard(port, client_ssl(second.path))
        assert not await heard(port, client_ssl(first.path))


async def test_a_server_trusts_a_new_authority_and_no_more_the_old_one(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    own, old, new = first.issue(HOST), first.issue("old.example"), second.issue("new.example")
    trusted, known = tmp_path / "trusted.pem", first.path
    trusted.write_bytes(first.path.read_bytes())
    with_old, with_new = client_ssl(known, old.cert, old.key), client_ssl(known, new.cert, new.key)
    async with served(server_ssl(own.cert, own.key, trusted)) as port:
        assert (await heard(port, with_old), await heard(port, with_new)) == (True, False)
        replace(trusted, second.path)
        assert (await heard(port, with_old), await heard(port, with_new)) == (False, True)


async def test_a_client_shows_its_renewed_certificate_and_trusts_a_new_authority(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    mine, trusted = first.issue("me.example"), tmp_path / "trusted.pem"
    trusted.write_bytes(first.path.read_bytes())
    client = client_ssl(trusted, mine.cert, mine.key)
    own, other = first.issue(HOST), second.issue(HOST)
    async with served(server_ssl(own.cert, own.key, first.path)) as port:
        assert await heard(port, client)
    async with served(server_ssl(other.cert, other.key, second.path)) as port:
        assert not await heard(port, client)
        renew(mine, second.issue("me.example"))
        replace(trusted, second.path)
        assert await heard(port, client)


@pytest.mark.parametrize("broken", [Path.unlink, lambda path: path.write_text("half a certificate")])
async def test_files_that_are_of_no_use_leave_what_is_there(
    broken: Callable[[Path], object], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority(tmp_path)
    own = authority.issue(HOST)
    kept = own.cert.read_bytes()
    context, client = server_ssl(own.cert, own.key), client_ssl(authority.path)
    async with served(context) as port:
        broken(own.cert)
        for _ in range(3):
            assert await heard(port, client)
        with pytest.raises(ConfigError, match="cannot be used"):
            context.reload()
        assert await heard(port, client)
        own.cert.write_bytes(kept)
        assert await heard(port, client)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "cannot be used" in warnings[0].getMessage()


async def test_a_pair_that_is_half_replaced_is_used_when_it_is_whole(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    own, new = first.issue(HOST), second.issue(HOST)
    async with served(server_ssl(own.cert, own.key)) as port:
        replace(own.cert, new.cert)
        assert await heard(port, client_ssl(first.path))
        replace(own.key, new.key)
        assert await heard(port, client_ssl(second.path))


async def test_what_was_written_in_the_same_moment_is_read_on_demand(tmp_path: Path) -> None:
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    own, new = first.issue(HOST), second.issue(HOST)
    for path in (own.cert, own.key, new.cert, new.key):
        path.write_bytes(path.read_bytes().ljust(8192, b"\n"))
    context = server_ssl(own.cert, own.key)
    for old, fresh in ((own.cert, new.cert), (own.key, new.key)):
        before = os.stat(old)
        # The same inode, size and time: nothing tells that it is another one.
        old.write_bytes(fresh.read_bytes())
        os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))
    context.reload()
    async with served(context) as port:
        assert await heard(port, client_ssl(second.path))


def test_a_context_says_how_it_checks_its_peers(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own = authority.issue(HOST)
    assert server_ssl(own.cert, own.key, authority.path).verify_mode is ssl.CERT_REQUIRED
    assert client_ssl(authority.path).check_hostname


async def test_why_files_are_of_no_use_is_told(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    own, other = authority.issue(HOST), authority.issue("other.example")
    words, locked = tmp_path / "words", tmp_path / "locked.key"
    words.write_text("no certificate")
    key = load_pem_private_key(own.key.read_bytes(), None)
    form = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    locked.write_bytes(key.private_bytes(*form))
    for cert, unfit, reason in (
        (own.cert, words, r"cannot be used \(no certificate, or no key, in PEM is in it\)"),
        (words, own.key, r"cannot be used \(no certificate, or no key, in PEM is in it\)"),
        (own.cert, locked, r"cannot be used \(the key is encrypted: give one without a password\)"),
        (own.cert, other.key, r"cannot be used \(KEY_VALUES_MISMATCH\)"),
        (own.cert, tmp_path, r"cannot be used \(Is a directory\)"),
    ):
        with pytest.raises(ConfigError, match=reason):
            server_ssl(cert, unfit)
        with pytest.raises(ConfigError, match=reason):
            server_context(GatewaySettings(tls_cert=str(cert), tls_key=str(unfit)))
        with pytest.raises(ConfigError, match=reason):
            await EtcdClient(EtcdOptions.from_urls("https://a", cert_file=cert, key_file=unfit)).open()
