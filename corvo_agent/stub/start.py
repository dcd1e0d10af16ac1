"""``start``: makes this process a worker of a Module, and sees to what happens to it: forks, and its end."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..levels.level_filter import LevelFilter, Scope
from ..modules.names import validate_name
from .handle import Handle
from .hubbed import Hubbed
from .native import has_greenlets
from .place import meeting_place

if TYPE_CHECKING:
    from .backend import Backend


class _Started:
    """The handles of this process, by the name of their Module."""

    def __init__(self) -> None:
        self.handles: dict[str, Handle] = {}
        self.pid = os.getpid()
        # What is to be done in each process that becomes a worker.
        self.on_worker: Callable[[], object] = lambda: None
        self._hooked = False

    def hook(self) -> None:
        """Hear of forks and of the end, from the first start on."""
        if not self._hooked:
            self._hooked = True
            os.register_at_fork(after_in_child=self.forked)
            atexit.register(self.end)
        self._hook_uwsgi()

    def forked(self) -> None:
        """In a child, in the hook of the fork, or when it turns out that there was no hook."""
        self.pid = os.getpid()
        self.on_worker()
        for handle in self.handles.values():
            handle.forked()

    def end(self) -> None:
        """At the end of the process."""
        for handle in self.handles.values():
            backend = handle.backend
            if not handle.stopped and isinstance(backend, Hubbed):
                backend.last_words()

    def _hook_uwsgi(self) -> None:
        # It forks in C, and tells the interpreter nothing.
        uwsgi: Any = sys.modules.get("uwsgi")
        if uwsgi is None or getattr(uwsgi, "corvo_agent_hook", None) is not None:
            return
        before = getattr(uwsgi, "post_fork_hook", None)

        def hook() -> None:
            if os.getpid() != self.pid:
                self.forked()
            else:
                for handle in self.handles.values():
                    handle.backend.start()
            if before is not None:
                before()

        uwsgi.post_fork_hook = uwsgi.corvo_agent_hook = hook


_STARTED = _Started()


def start(
    module: str = "",
    *,
    node: str = "",
    name: str = "",
    etcd: str | Sequence[str] = (),
    log_file: str | None = None,
    scope: Scope = "app",
    hub: bool = True,
) -> Handle:
    """Make this process a worker of the Module ``module``, and return at once: one line for any service.

    All processes of a Module on a host share one agent, a process of its own (the hub), which is started by the first
    of them and ends a few seconds after the last. Forked children are workers of their own. Where no hub can be had,
    or with ``hub`` false, the agent runs in a thread of this process.

    The Module is NODE-MODULE (``node`` is the host name unless given), or ``name`` when that is given whole; ``module``
    is that of ``CORVO_MODULE`` unless given. ``etcd`` are the endpoints of one cluster, ``log_file`` is where the
    module writes its log; ``{pid}`` in it stands for each process's own. What is not given here is taken from the
    environment, with the variables of ``corvo agent``. ``scope`` is what a level below Info reaches, see
    ``LevelFilter``.

    Called again for the same Module it gives the same Handle: it can stand at the top of a module, in a server's hook
    and in ``main`` alike. No signal handler is installed. Raises ConfigError without a module and InvalidArgument for a
    name or a scope that there cannot be; nothing that goes wrong later comes out, ``Handle.problem`` tells it.
    """
    told = {"CORVO_ETCD": etcd if isinstance(etcd, str) else ",".join(etcd), "CORVO_LOG_FILE": log_file or ""}
    return _start(module, node, name, {key: value for key, value in told.items() if value}, scope, hub=hub)


def start_injected(on_worker: Callable[[], object], *, dormant: bool) -> None:
    """``start`` of what the environment says; ``on_worker`` is called now, and in each forked child.

    ``dormant``: only the children become workers. Raises what ``start`` raises.
    """
    _STARTED.on_worker = on_worker
    on_worker()
    _start("", "", "", {}, "app", hub=True, dormant=dormant)


def _start(
    module: str, node: str, name: str, told: Mapping[str, str], scope: Scope, *, hub: bool, dormant: bool = False
) -> Handle:
    environment = os.environ
    module = module or environment.get("CORVO_MODULE", "")
    node = node or environment.get("CORVO_NODE", "") or os.uname().nodename
    if not module:
        raise ConfigError("module", None, "is missing: name it, or give CORVO_MODULE")
    whole = validate_name(name or environment.get("CORVO_NAME", "") or f"{node}-{module}", "module name")
    # Refuses a scope that there cannot be.
    LevelFilter(scope=scope)
    if os.getpid() != _STARTED.pid:
        # Forked by what runs no hooks.
        _STARTED.forked()
    known = _STARTED.handles.get(whole)
    if known is not None and not known.stopped:
        return known
    settings = {"CORVO_MODULE": module, "CORVO_NODE": node, "CORVO_NAME": whole, **told}
    _STARTED.hook()
    handle = Handle(whole, _backend(whole, settings, scope, hub=hub, dormant=dormant))
    _STARTED.handles[whole] = handle
    return handle


def _backend(name: str, settings: Mapping[str, str], scope: Scope, *, hub: bool, dormant: bool) -> Backend:
    def inside() -> Backend:
        # Late: few need it, and an event loop is most of what it brings.
        from .inside import Inside

        # Greenlets' event loops do not run in native threads.
        if library := has_greenlets():
            raise RuntimeError(f"an agent inside does not run with the threads of {library}")
        made = Inside({**os.environ, **settings}, scope)
        if not _uwsgi_is_to_fork():
            made.start()
        return made

    place = meeting_place(name) if hub else None
    if place is None:
        return inside()
    made = Hubbed(place, settings, scope, inside)
    if not (dormant or _uwsgi_is_to_fork()):
        made.start()
    return made


def _uwsgi_is_to_fork() -> bool:
    """Whether this is uWSGI before its workers: a thread could hold the interpreter's lock while it forks."""
    uwsgi: Any = sys.modules.get("uwsgi")
    return uwsgi is not None and uwsgi.worker_id() == 0
