"""Writes that go on while etcd is in trouble, and what a watcher heard of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from corvo_agent.errors import CorvoError
from corvo_agent.modules import Module, ModuleChange, ModuleStore, ModuleWatcher, key_of
from corvo_agent.modules.etcd.store import EtcdOptions, EtcdStore

NAME = "node1-pen-spyglass"
KEY = key_of(NAME)


def numbered(number: int) -> bytes:
    """A value whose spec holds ``number``."""
    return b'{"spec":{"log-level":"Debug","args":["%d"]}}' % number


def number_of(module: Module | None) -> int:
    """What ``numbered`` put in; -1 for no Module."""
    return int(module.spec.args[0]) if module is not None and module.spec.args else -1


@asynccontextmanager
async def etcd_store(*urls: str, call_timeout: float = 30.0, **options: str) -> AsyncIterator[ModuleStore]:
    """A store in a real etcd, with patience for a machine that stands still unless ``call_timeout`` says otherwise."""
    found = EtcdOptions.from_urls(",".join(urls), connect_timeout=10.0, call_timeout=call_timeout, **options)
    async with ModuleStore(EtcdStore(found)) as store:
        yield store


class Observer:
    """A watcher of the Module, and every change that its callback heard of. Entered it is in step with etcd."""

    def __init__(self, store: ModuleStore, *, check_interval: float = 2.0) -> None:
        self.changes: list[ModuleChange] = []
        self.watcher = ModuleWatcher(NAME, store, check_interval=check_interval)
        self.watcher.subscribe(self._hear)
        self._heard = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.watcher.start()
        await self.watcher.wait_synced()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.watcher.aclose()

    def _hear(self, change: ModuleChange) -> None:
        self.changes.append(change)
        self._heard.set()

    @property
    def numbers(self) -> list[int]:
        """What was heard, in order."""
        return [number_of(change.new) for change in self.changes]

    async def sees(self, number: int) -> None:
        """Wait until ``number`` or a later one is the last that was heard."""
        while not self.changes or number_of(self.changes[-1].new) < number:
            self._heard.clear()
            await self._heard.wait()

    async def sees_level(self, level: str) -> None:
        """Wait until ``level`` is the last that was heard."""
        while not self.changes or self.changes[-1].module.spec.log_level != level:
            self._heard.clear()
            await self._heard.wait()

    def assert_nothing_repeated(self) -> None:
        """Each change once, in the order of revisions, and none without a difference."""
        revisions = [change.revision for change in self.changes]
        assert revisions == sorted(set(revisions))
        assert all(change.old is None or change.old.spec != change.module.spec for change in self.changes)

    def assert_all_heard(self, acknowledged: list[int]) -> None:
        """Every write that etcd acknowledged was heard of, once and in order.

        Writes that it did not acknowledge may come as well, at any place: etcd carried them out, or did so late.
        """
        self.assert_nothing_repeated()
        known = set(acknowledged)
        assert [number for number in self.numbers if number in known] == acknowledged


class Writer:
    """Writes one number after the other for as long as it is entered, whatever happens; its last write succeeds."""

    def __init__(self, store: ModuleStore) -> None:
        self._store = store
        self.acknowledged: list[int] = []
        self.failures = 0
        self._number = 0
        self._stop = False
        self._task: asyncio.Task[None] | None = None
        self._moved = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._stop = True
        await self._task

    async def writes(self, count: int) -> None:
        """Wait until ``count`` further writes have been acknowledged."""
        goal = len(self.acknowledged) + count
        async with self._moved:
            await self._moved.wait_for(lambda: len(self.acknowledged) >= goal)

    async def fails(self, count: int = 1) -> None:
        """Wait until ``count`` further writes have failed."""
        goal = self.failures + count
        async with self._moved:
            await self._moved.wait_for(lambda: self.failures >= goal)

    async def _run(self) -> None:
        done = False
        while not (self._stop and done):
            self._number += 1
            try:
                await self._store.kv.put(KEY, numbered(self._number))
                self.acknowledged.append(self._number)
                done = True
            except CorvoError:
                self.failures += 1
                done = False
            async with self._moved:
                self._moved.notify_all()
