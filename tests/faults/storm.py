"""A storm of real processes: etcd fails in every way while levels are changed, and afterwards everything is right.

Three etcds behind wires that can be cut; services with agents, gateways, writers and callers. What has to hold then: no
change that was acknowledged is lost, every service has the level that its Module says, announces it, and is shown so by
every gateway; what writers keep is there; nothing holds more descriptors, threads or tasks than before.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiohttp

from corvo_agent.errors import CorvoError
from corvo_agent.modules import EtcdOptions, EtcdStore, Module, ModuleStore
from corvo_agent.modules.announcing.endpoint import decode_endpoint, endpoint_name
from corvo_agent.modules.names import BESIDE_PREFIX
from tests.etcd_cluster import EtcdCluster
from tests.faults.changes import Changes, GatewayModules, change_in_etcd
from tests.faults.programs import Program, Size, corvo, service
from tests.faults.security import Rotating
from tests.faults.weather import Weather
from tests.tcp_proxy import TcpProxy

# Threads and tasks that a process may have more after a storm.
_MORE = 6
# Descriptors as well: calls that come at once, when a member is back, open a connection each, and those stay while
# calls take turns in them, for the one that was idle longest is taken next. One left at each fault would be dozens.
_MORE_FILES = 12
# What the memory of a program may be at the end, of what it was in the middle of a long storm.
_GROWN = 1.1
# Seconds that anything may take to come right, and that starting may take; the figures say how long it took.
_PATIENCE = 60.0
_STARTING = 300.0
# Agents that leave enough of a small machine to the members of etcd for elections of a quarter of a second.
_FEW = 10
# Seconds between two looks.
_LOOK = 0.1


@dataclass(frozen=True)
class Plan:
    """How large a storm is.

    ``rotating``: with certificates, tokens and logs that are replaced meanwhile; ``flat``: the memory of a program may
    grow by a tenth at most from its middle, when everything that is ever loaded is, to its end.
    """

    seconds: float = 8.0
    agents: int = 4
    gateways: int = 1
    writers: int = 1
    kept: int = 3
    callers: int = 0
    rotating: bool = False
    flat: bool = False
    seed: int = 1


@dataclass
class Figures:
    """What a storm showed; times are seconds after its end."""

    faults: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    failed: int = 0
    calls: int = 0
    refused_calls: int = 0
    rotations: int = 0
    deletions: int = 0
    in_force_after: float = 0.0
    announced_after: float = 0.0
    shown_after: float = 0.0
    kept_after: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)
    #: MiB of each program in the middle of the storm.
    middle: dict[str, float] = field(default_factory=dict)
    most: dict[str, tuple[Size, Size]] = field(default_factory=dict)

    def __str__(self) -> str:
        faults = ", ".join(f"{count} {kind}" for kind, count in sorted(self.faults.items()))
        sizes = "\n".join(
            f"  {name}: {before.files} -> {after.files} descriptors, {before.threads} -> {after.threads} threads, "
            f"{before.tasks} -> {after.tasks} tasks, {before.memory:.1f} -> {self.middle.get(name, 0.0):.1f} -> "
            f"{after.memory:.1f} MiB, {self.cpu.get(name, 0.0):.1f} s of CPU"
            for name, (before, after) in self.most.items()
        )
        return (
            f"members of etcd: {faults}\n"
            f"{self.acknowledged} changes acknowledged, none lost; {self.failed} failed or without an answer\n"
            f"{self.calls} calls of others answered, {self.refused_calls} not\n"
            f"{self.rotations} times other certificates, tokens and logs; {self.deletions} kept objects deleted\n"
            f"after the end every level in force: {self.in_force_after:.1f} s, announced: {self.announced_after:.1f} s,"
            f" shown by the gateways: {self.shown_after:.1f} s, kept by the writers: {self.kept_after:.1f} s\n{sizes}"
        )


class Storm:
    """Programs and callers of one storm, in a running cluster."""

    def __init__(self, plan: Plan, cluster: EtcdCluster, proxies: list[TcpProxy], rotating: Rotating) -> None:
        self.figures = Figures()
        self._plan = plan
        # Members that need a second to elect a leader have to have one now and then.
        self._weather = Weather(cluster, proxies, plan.seed, calm=2.0 if plan.agents > _FEW else 0.0)
        self._cluster = cluster
        self._rotating = rotating
        self._urls = ",".join(rotating.url(proxy.url) for proxy in proxies)
        self._services: dict[str, Program] = {}
        self._others: dict[str, Program] = {}
        self._gateways: list[GatewayModules] = []
        self._changes: list[Changes] = []
        self._kept = [f"node1-kept{number}" for number in range(plan.kept)]

    async def run(self, folder: Path) -> Figures:
        """Start everything, let it rage, and check. Raises AssertionError for what does not hold."""
        async with AsyncExitStack() as stack:
            # Those who check have wires of their own; those who change go through the same as everybody.
            files = self._rotating.etcd_files()
            direct = EtcdOptions.from_urls(",".join(self._cluster.endpoints), call_timeout=3.0, **files)
            store = await stack.enter_async_context(ModuleStore(EtcdStore(direct)))
            wires = EtcdOptions.from_urls(self._urls, connect_timeout=0.5, call_timeout=1.0, **files)
            changing = await stack.enter_async_context(ModuleStore(EtcdStore(wires)))
            timeout = aiohttp.ClientTimeout(total=5.0)
            session = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
            await self._start(stack, changing, session, folder)
            try:
                async with asyncio.timeout(_STARTING):
                    await asyncio.gather(*(each.ask() for each in self._services.values()))
                await self._all_right(store)
                await self._ask_everyone()
                before = await self._sizes()
                weighing = asyncio.get_running_loop().call_later(self._plan.seconds / 2, self._weigh)
                await self._all_right(store, await self._rage(store))
                weighing.cancel()
                await self._check_sizes(before)
                self._check_logs()
            except AssertionError as error:
                error.add_note(str(self.figures))
                for name, each in {**self._services, **self._others}.items():
                    error.add_note("\n".join((f"{name}:", *list(each.lines)[-10:])))
                raise
        return self.figures

    async def _start(
        self, stack: AsyncExitStack, changing: ModuleStore, session: aiohttp.ClientSession, folder: Path
    ) -> None:
        plan, files = self._plan, self._rotating.etcd_files()
        inventory = folder / "inventory.toml"
        inventory.write_text("".join(f'[modules.{name}]\nnode = "node1"\n' for name in self._kept))
        etcd = ("--etcd", self._urls, *self._rotating.etcd_arguments())
        gateway = ("gateway", *etcd, "--listen", "127.0.0.1:0", "--check-interval", "3")
        writer = ("writer", *etcd, "--source", f"file:{inventory}")
        programs = {
            **{f"node1-svc{n}": service(f"node1-svc{n}", self._urls, folder, files) for n in range(plan.agents)},
            **{f"gateway{n}": corvo(f"gateway{n}", *gateway, *self._rotating.tokens()) for n in range(plan.gateways)},
            **{f"writer{n}": corvo(f"writer{n}", *writer) for n in range(plan.writers)},
        }
        for name, program in programs.items():
            running = await stack.enter_async_context(program)
            (self._services if name.startswith("node1-") else self._others)[name] = running
        for name, running in self._others.items():
            if name.startswith("gateway"):
                url = (await running.logged("serving ")).partition("serving ")[2].split()[0].rstrip(",")
                self._gateways.append(GatewayModules(url, session, lambda: self._rotating.token))
        for number, name in enumerate(self._services):
            # Half of them through a gateway, half in etcd itself.
            through = self._gateways[number % len(self._gateways)]
            write = through.change if number % 2 else partial(change_in_etcd, changing)
            self._changes.append(Changes(name, write))

    async def _rage(self, store: ModuleStore) -> float:
        """Faults and changes at the same time; the time of the loop at which the faults ended."""
        loop = asyncio.get_running_loop()
        changing = [loop.create_task(changes.go_on()) for changes in self._changes]
        others = [loop.create_task(self._call(number)) for number in range(self._plan.callers)]
        others += [loop.create_task(self._rotating.go_on()), loop.create_task(self._delete(store))]
        try:
            await self._weather.rage(self._plan.seconds)
        finally:
            ended = loop.time()
            for task in others:
                task.cancel()
            for changes in self._changes:
                changes.stopped = True
            outcomes = await asyncio.gather(*changing, *others, return_exceptions=True)
        faults = [each for each in outcomes if each is not None and not isinstance(each, asyncio.CancelledError)]
        assert not faults, faults
        figures = self.figures
        figures.faults = dict(self._weather.counted)
        figures.acknowledged = sum(changes.count for changes in self._changes)
        figures.failed = sum(changes.failed for changes in self._changes)
        figures.rotations = self._rotating.rotations
        assert figures.acknowledged
        return ended

    async def _delete(self, store: ModuleStore) -> None:
        """Somebody deletes what the writer keeps, again and again."""
        while True:
            for name in self._kept:
                await asyncio.sleep(1.5)
                with suppress(CorvoError):
                    await store.delete(name)
                    self.figures.deletions += 1

    async def _ask_everyone(self) -> None:
        """Each gateway asks each agent once: the connections that it keeps to them are there before the storm, too."""
        if self._plan.callers:
            for gateway in self._gateways:
                for name in self._services:
                    await _until(partial(_answers, gateway, name), f"the log of {name}")

    async def _call(self, number: int) -> None:
        """A caller of a gateway: reads a Module, and the log of its service."""
        gateway = self._gateways[number % len(self._gateways)]
        name = list(self._services)[number % len(self._services)]
        while True:
            for call in (gateway.get, gateway.logs):
                try:
                    await call(name)
                except (aiohttp.ClientError, TimeoutError):
                    self.figures.refused_calls += 1
                else:
                    self.figures.calls += 1
                await asyncio.sleep(0.2)

    async def _all_right(self, store: ModuleStore, ended: float | None = None) -> None:
        """Wait until everything says the same as the store, and note how long it took."""
        loop, figures = asyncio.get_running_loop(), self.figures
        began = loop.time() if ended is None else ended
        left = {
            "in_force_after": self._in_force,
            "announced_after": self._announced,
            "shown_after": self._shown,
            "kept_after": self._is_kept,
        }

        async def look() -> bool:
            # What the store says is read once for all that is compared with it, or looking would be a load of its own.
            modules = {module.name: module for module in (await store.list()).modules}
            for figure, is_right in list(left.items()):
                if await is_right(store, modules):
                    setattr(figures, figure, loop.time() - began)
                    del left[figure]
            return not left

        try:
            await _until(look, "what was started or had to come right", _STARTING if ended is None else _PATIENCE)
        except AssertionError as error:
            error.add_note(f"not right: {', '.join(left)}")
            raise
        modules = {module.name: module for module in (await store.list()).modules}
        for changes in self._changes:
            changes.check(modules[changes.name])

    async def _in_force(self, store: ModuleStore, modules: Mapping[str, Module]) -> bool:
        said = await asyncio.gather(*(each.ask() for each in self._services.values()))
        # As configured, a service writes from Warn on.
        return all(
            name in modules and told["level"] == (modules[name].spec.log_level or "Warn")
            for name, told in zip(self._services, said, strict=True)
        )

    async def _announced(self, store: ModuleStore, modules: Mapping[str, Module]) -> bool:
        items = (await store.kv.range(BESIDE_PREFIX)).items
        told = {name: decode_endpoint(item).level for item in items if (name := endpoint_name(item.key))}
        return all(
            name in modules
            and (level := told.get(name)) is not None
            and not level.fault
            and modules[name].spec.log_level in ("", level.level)
            for name in self._services
        )

    async def _shown(self, store: ModuleStore, modules: Mapping[str, Module]) -> bool:
        found = await asyncio.gather(*(each.levels() for each in self._gateways))
        wanted = {name: module.spec.log_level for name, module in modules.items()}
        return wanted.keys() >= self._services.keys() and all(each == wanted for each in found)

    async def _is_kept(self, store: ModuleStore, modules: Mapping[str, Module]) -> bool:
        return all(name in modules and modules[name].status.node for name in self._kept)

    async def _sizes(self) -> dict[str, Size]:
        services = {name: each.size((await each.ask())["tasks"]) for name, each in self._services.items()}
        return {**services, **{name: each.size(await each.tasks()) for name, each in self._others.items()}}

    def _weigh(self) -> None:
        self.figures.middle = {name: each.size().memory for name, each in (self._services | self._others).items()}

    async def _check_sizes(self, before: dict[str, Size]) -> None:
        async def same() -> bool:
            after = await self._sizes()
            self.figures.most = {name: (before[name], after[name]) for name in before}
            return all(self._is_as_large(name, was, now) for name, (was, now) in self.figures.most.items())

        programs = {**self._services, **self._others}
        try:
            await _until(same, "a process has grown")
        finally:
            self.figures.cpu = {name: each.cpu_seconds() for name, each in programs.items()}

    def _is_as_large(self, name: str, was: Size, now: Size) -> bool:
        most = _GROWN * max(was.memory, self.figures.middle[name]) if self._plan.flat else math.inf
        grown = max(now.threads - was.threads, now.tasks - was.tasks)
        return grown <= _MORE and now.files - was.files <= _MORE_FILES and now.memory <= most

    def _check_logs(self) -> None:
        told = [f"{name}: {line}" for name, each in {**self._services, **self._others}.items() for line in each.lines]
        assert not [line for line in told if "Traceback" in line], told


async def _answers(gateway: GatewayModules, name: str) -> bool:
    await gateway.logs(name)
    return True


async def _until(holds: Callable[[], Awaitable[bool]], missing: str, patience: float = _PATIENCE) -> None:
    """Look again and again; what cannot be asked at the moment does not hold."""
    try:
        async with asyncio.timeout(patience):
            while True:
                try:
                    if await holds():
                        return
                except (CorvoError, aiohttp.ClientError, TimeoutError):
                    pass
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        raise AssertionError(f"not right for {patience:g} s: {missing}") from None


@asynccontextmanager
async def storm(plan: Plan, folder: Path) -> AsyncIterator[Storm]:
    """A storm to ``run`` in ``folder``."""
    rotating = Rotating(folder, on=plan.rotating)
    async with AsyncExitStack() as stack:
        # With as many processes as in a large storm members come too late for elections of a quarter of a second.
        times = ("--heartbeat-interval", "100", "--election-timeout", "1000") if plan.agents > _FEW else ()
        cluster = await stack.enter_async_context(EtcdCluster(3, tls=rotating.server_arguments(), options=times))
        proxies = [await stack.enter_async_context(TcpProxy(endpoint)) for endpoint in cluster.endpoints]
        yield Storm(plan, cluster, proxies, rotating)
