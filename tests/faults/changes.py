"""Level changes that go on through a storm, and what became of each Module in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from corvo_agent.errors import CorvoError
from corvo_agent.modules import Module, ModuleStore

LEVELS = ("Debug", "Info", "Warn", "Error")
# Seconds between two changes of one Module.
_PACE = 0.05


def level_of(number: int) -> str:
    """The level that comes with the change ``number``."""
    return LEVELS[number % len(LEVELS)]


class GatewayModules:
    """Modules through the REST API of the gateway at ``url``; ``token`` gives the token of the moment, "" for none."""

    def __init__(self, url: str, session: aiohttp.ClientSession, token: Callable[[], str]) -> None:
        self._url = f"{url}/configs/diagnostics/v1/modules"
        self._session = session
        self._token = token

    @property
    def _headers(self) -> dict[str, str]:
        token = self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def get(self, name: str, **parameters: str) -> dict[str, object]:
        """The Module as JSON."""
        url = f"{self._url}/{name}"
        async with self._session.get(url, params=parameters, headers=self._headers) as response:
            response.raise_for_status()
            found: dict[str, object] = await response.json()
            return found

    async def levels(self) -> dict[str, str]:
        """The level of each Module, by its name."""
        async with self._session.get(self._url, headers=self._headers) as response:
            response.raise_for_status()
            items = (await response.json())["items"] or []
            return {item["meta"]["name"]: item["spec"].get("log-level", "") for item in items}

    async def change(self, name: str, number: int) -> None:
        """Write the change ``number`` over what is there; anything else than success raises."""
        found = await self.get(name, consistent="true")
        found["spec"] = {"log-level": level_of(number), "args": [str(number)]}
        # With its version: a request that was given up here may be carried out later.
        async with self._session.put(f"{self._url}/{name}", json=found, headers=self._headers) as response:
            response.raise_for_status()

    async def logs(self, name: str) -> int:
        """How many of the last lines its agent returns."""
        body = {"query": "Log", "parameters": {"lines": "20"}}
        async with self._session.post(f"{self._url}/{name}/Debug", json=body, headers=self._headers) as response:
            response.raise_for_status()
            return len((await response.json())["diagnostics"]["logs"])


async def change_in_etcd(store: ModuleStore, name: str, number: int) -> None:
    """The same as ``GatewayModules.change``, in the store itself."""

    def change(module: Module) -> Module:
        return module.with_spec(log_level=level_of(number), args=(str(number),))

    await store.modify(name, change)


@dataclass
class Changes:
    """The changes of the Module ``name`` by one writer, which numbers them; ``write`` makes one."""

    name: str
    write: Callable[[str, int], Awaitable[None]]
    tried: int = 0
    acknowledged: int = 0
    count: int = 0
    failed: int = 0
    stopped: bool = False

    async def go_on(self) -> None:
        """Change the level again and again, until ``stopped``."""
        while not self.stopped:
            self.tried += 1
            number = self.tried
            try:
                await self.write(self.name, number)
            except (CorvoError, aiohttp.ClientError, TimeoutError):
                # It may have been carried out all the same.
                self.failed += 1
            else:
                self.acknowledged = number
                self.count += 1
            await asyncio.sleep(_PACE)

    def check(self, module: Module) -> None:
        """Whether ``module``, as it is after all, has the last change that was acknowledged, or a later one."""
        number = int(module.spec.args[0]) if module.spec.args else 0
        assert self.acknowledged <= number <= self.tried, f"{self.name}: {number}, acknowledged {self.acknowledged}"
        if number:
            assert module.spec.log_level == level_of(number), self.name
