"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import gc
import signal
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from corvo_agent.embedded import EmbeddedEtcd
from tests.etcd_cluster import ETCD_NAMES, EVERY_ETCD
from tests.kept_ports import kept_ports
from tests.world.report import WorldReport

# A property holds however busy the machine is, and examples may take their time to be made then.
settings.register_profile("corvo", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("corvo")

# Whoever was started in the background, by a shell without job control, ignores Ctrl-C, and so would the programs that
# tests start and interrupt. What is handled here they have as it is usual.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Add our own report."""
    config.pluginmanager.register(WorldReport(config))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish() -> None:
    # Thousands of tests and all that they import are objects that stay: what counts objects, and the collector, pass
    # over them from here on.
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Free what the tests left before plugins import more for their reports.

    Up to 3.11.7 Python raises SystemError when the garbage collector runs code (of event loops and tasks, for example)
    while a module is parsed (CPython's gh-106905), and in a new environment those modules are parsed.
    """
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the person who runs the tests has set for their own use is not for the tests, nor for what they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
        yield


@pytest.fixture
def own_port() -> Iterator[int]:
    """A port for a server that is started more than once."""
    with kept_ports(1) as (port,):
        yield port


_EVERY_KEY = b'{"key":"AA==","range_end":"AA=="}'


def wipe(server: EmbeddedEtcd) -> EmbeddedEtcd:
    """Delete every key."""
    with urllib.request.urlopen(f"{server.endpoint}/v3/kv/deleterange", _EVERY_KEY, timeout=60) as answer:
        answer.read()
    return server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def etcd_servers(request: pytest.FixtureRequest) -> AsyncIterator[dict[str, EmbeddedEtcd]]:
    everyone = any(item.get_closest_marker("world") for item in request.session.items)
    names = EVERY_ETCD if everyone else ["extra"]
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(EmbeddedEtcd(binaries=EVERY_ETCD[name])) for name in names}


@pytest.fixture
def etcd(etcd_servers: dict[str, EmbeddedEtcd]) -> EmbeddedEtcd:
    """An etcd without keys. It is shared: do not stop it, use ``etcd_cluster.EtcdCluster`` for that."""
    return wipe(etcd_servers["extra"])


@pytest.fixture(params=ETCD_NAMES)
def each_etcd(etcd_servers: dict[str, EmbeddedEtcd], request: pytest.FixtureRequest) -> EmbeddedEtcd:
    """As ``etcd``, and in the world environment once more with each other etcd of this machine."""
    return wipe(etcd_servers[request.param])
