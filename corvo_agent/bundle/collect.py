"""Fills a bundle: many modules side by side, the parts of each one after the other, all within one time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from urllib.parse import quote

from ..diagnostics.client.typed_client import TypedClient
from ..errors import CorvoError, DeadlineExceeded, Unavailable
from ..modules.module_level import ModuleLevel
from .archive import Archive
from .manifest import Manifest, ModuleIndex
from .masking import json_bytes, masked_json
from .parts import BundlePart

#: Modules asked at once.
WIDTH = 16
MODULE = "module.json"
MANIFEST = "manifest.json"


class HasLevels(Protocol):
    """What gives Module objects with what lies beside them."""

    async def level(self, name: str) -> ModuleLevel:
        """That of the Module ``name``. Raises NotFound and the like."""
        ...


class Collector:
    """Puts ``parts`` of each module of ``manifest`` into ``archive``, ``WIDTH`` modules at once.

    ``agent`` opens a client of the agent of a module, given its name. ``modules`` gives the Module objects, which the
    bundle lacks without it. Used once: ``await collector.run(...)`` inside ``async with archive``, then
    ``archive.commit()``. Cancelling ``run`` stops every query; what is in the archive by then stays whole.
    """

    def __init__(
        self,
        archive: Archive,
        manifest: Manifest,
        parts: Sequence[BundlePart],
        *,
        agent: Callable[[str], AbstractAsyncContextManager[TypedClient]],
        modules: HasLevels | None,
    ) -> None:
        self._archive = archive
        self._manifest = manifest
        self._parts = parts
        self._agent = agent
        self._modules = modules
        self._advance: Callable[[float], None] = lambda _: None

    @property
    def steps(self) -> int:
        """How many steps ``run`` takes: the sum of what it passes to ``advance``."""
        return len(self._manifest.modules) * (len(self._parts) + 1)

    async def run(self, seconds: float, advance: Callable[[float], None]) -> None:
        """Collect, at most for ``seconds``; what failed or was not done by then is in the manifest, which is added.

        ``advance`` is called on the loop with the number of steps done since its last call. Raises OSError when the
        archive cannot be written.
        """
        self._advance = advance
        places = asyncio.Semaphore(WIDTH)
        tasks = [
            asyncio.create_task(self._module(name, index, places), name=f"corvo-bundle {name}")
            for name, index in self._manifest.modules.items()
        ]
        try:
            # Only errors of the archive itself come out of a task: the bundle cannot be written then, so the rest
            # stops too.
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled():
                task.result()
        self._note_undone(f"not done within {seconds:g} s")
        await self._archive.add(MANIFEST, json_bytes(self._manifest.to_dict()), bounded=False)

    def _note_undone(self, reason: str) -> None:
        expected = [file for part in self._parts for file in part.files]
        if self._modules is not None:
            expected.insert(0, MODULE)
        for index in self._manifest.modules.values():
            for file in expected:
                if file not in index.files and file not in index.missing:
                    index.lacks(file, reason)

    async def _module(self, name: str, index: ModuleIndex, places: asyncio.Semaphore) -> None:
        async with places:
            # A name that was typed on a command line may hold anything, slashes and dots included.
            folder = "modules/" + quote(name, safe="").replace("..", "%2E%2E")
            await self._object(name, folder, index)
            self._advance(1)
            await self._answers(name, folder, index)

    async def _object(self, name: str, folder: str, index: ModuleIndex) -> None:
        if self._modules is None:
            return
        began = asyncio.get_running_loop().time()
        try:
            level = await self._modules.level(name)
            content = await asyncio.to_thread(masked_json, level.as_json())
            await self._keep(folder, MODULE, content, index, began)
        except CorvoError as error:
            index.lacks(MODULE, str(error))

    async def _answers(self, name: str, folder: str, index: ModuleIndex) -> None:
        left = list(self._parts)
        answered = False
        try:
            async with self._agent(name) as client:
                while left:
                    part = left[0]
                    answered |= await self._part(client, part, folder, index, gives_up=not answered)
                    # Only now: a part that raises is still among those that are noted as missing.
                    left.pop(0)
                    self._advance(1)
        except CorvoError as error:
            # The agent does not answer: asking for every other part would wait out the time of each.
            for file in (file for part in left for file in part.files):
                index.lacks(file, str(error))
            self._advance(len(left))

    async def _part(
        self, client: TypedClient, part: BundlePart, folder: str, index: ModuleIndex, *, gives_up: bool
    ) -> bool:
        """Ask for a part; whether there was an answer. ``gives_up``: an agent that is not there is raised."""
        began = asyncio.get_running_loop().time()
        try:
            for file, content in (await part.take(client)).items():
                await self._keep(folder, file, content, index, began)
        except CorvoError as error:
            late = isinstance(error, DeadlineExceeded)
            if isinstance(error, Unavailable) or (late and gives_up):
                raise
            for file in part.files:
                if file not in index.files:
                    index.lacks(file, str(error))
            return not late
        return True

    async def _keep(self, folder: str, file: str, content: bytes, index: ModuleIndex, began: float) -> None:
        await self._archive.add(f"{folder}/{file}", content)
        index.got(file, len(content), asyncio.get_running_loop().time() - began)
