"""The beginning of the agent inside a process that was not prepared: this file's text is the script that it runs.

It imports nothing of this package, for the process has none: what comes over the socket is loaded as modules of a name
of their own, and all of them are gone when the connection ends. Whatever goes wrong is told to the other end, and never
to the process: what a script raises there would be printed with the service's own stack.
"""

# What needs an import is written so that it runs in the new thread: the one that runs the script shall go on at once.
from __future__ import annotations

from typing import Any

#: Seconds for connecting and for what is sent first.
PATIENCE = 10.0
_NAME = "corvo-attached"


def begin(path: str, package: str, shown: str) -> None:
    """Start the agent in a thread of its own; it connects to the socket ``path`` and loads itself as ``package``.

    Profiles show its functions as those of ``shown``.
    """
    import _thread
    import sys

    gevent: Any = sys.modules.get("gevent.monkey")
    start: Any = _thread.start_new_thread if gevent is None else gevent.get_original("_thread", "start_new_thread")
    start(_connect, (path, package, shown))


def _connect(path: str, package: str, shown: str) -> None:
    import _socket
    import os
    import struct
    import sys

    connection: Any = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        connection.settimeout(PATIENCE)
        connection.connect(path)
        credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, struct.calcsize("3i"))
        if struct.unpack("3i", credentials)[1] not in (0, os.geteuid()):
            return
        if "gevent.monkey" in sys.modules or "eventlet.patcher" in sys.modules:
            _tell(connection, "greenlets stand in the place of its threads, among which an agent cannot run")
            return
        _start(connection, package, shown)
    except BaseException as error:
        _tell(connection, f"{type(error).__name__}: {error}")
    finally:
        connection.close()


def _tell(connection: Any, reason: str) -> None:
    import json
    import struct

    text = json.dumps({"t": "failed", "reason": reason[:1000]}).encode()
    try:
        connection.sendall(struct.pack(">II", len(text), 0) + text)
    except OSError:
        # The other end has gone: nobody is left to tell.
        pass


def _start(connection: Any, package: str, shown: str) -> None:
    import json
    import socket
    import struct
    import threading
    import zlib

    def receive(size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = connection.recv(min(size - len(data), 1 << 20))
            if not piece:
                raise EOFError("it has ended before all was sent")
            data += piece
        return data

    text, body = struct.unpack(">II", receive(8))
    receive(text)
    sources = json.loads(zlib.decompress(receive(body)))
    opened = socket.socket(fileno=connection.detach())
    threading.Thread(target=_run, args=(opened, package, shown, sources), name=_NAME, daemon=True).start()


def _run(connection: Any, package: str, shown: str, sources: dict[str, str]) -> None:
    import importlib
    import importlib.abc
    import importlib.machinery
    import sys
    import threading
    import types

    class Finder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
        """Finds the modules that were sent, and no other one."""

        def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
            """The specification of a module below the package."""
            name = fullname.removeprefix(f"{package}.")
            packaged = f"{name}.__init__" in sources
            if name == fullname or not (packaged or name in sources):
                return None
            return importlib.machinery.ModuleSpec(fullname, self, is_package=packaged)

        def get_source(self, fullname: str) -> str:
            """Its text."""
            name = fullname.removeprefix(f"{package}.")
            return sources.get(name, sources.get(f"{name}.__init__", ""))

        def get_code(self, fullname: str) -> Any:
            """Compiled under a name that is no file, by which profiles know it for ours."""
            name = f"<frozen {shown}.{fullname.removeprefix(f'{package}.')}>"
            return compile(self.get_source(fullname), name, "exec", dont_inherit=True)

    finder = Finder()
    root = types.ModuleType(package)
    root.__path__ = []
    sys.modules[package] = root
    sys.meta_path.insert(0, finder)
    try:
        importlib.import_module(f"{package}.sidecar.injection.guest").serve(connection)
    except BaseException as error:
        _tell(connection, f"{type(error).__name__}: {error}")
    finally:
        sys.meta_path.remove(finder)
        modules = [
            sys.modules.pop(name) for name in list(sys.modules) if name == package or name.startswith(f"{package}.")
        ]
        # Where one of its threads has not ended in time, that one still needs them.
        if not [each for each in threading.enumerate() if each.name.startswith("corvo-") and each.name != _NAME]:
            try:
                _empty([*map(vars, modules), sources, globals()], package, Finder)
            except Exception:
                pass  # then the garbage collector does it
        # Last of all: that it is closed says that nothing is left.
        connection.close()


def _empty(names: list[dict[str, Any]], package: str, finder: type) -> None:
    """Break the circles that functions, classes and modules are in.

    Else they would take two megabytes until the garbage collector next goes through the whole heap.
    """
    own: Any = vars(type)["__dict__"].__get__
    kinds, waiting = [finder], [object]
    while waiting:
        # What a class with slots was made of is in no module. All is asked of ``type``: no code of the process runs.
        below = [each for each in type.__subclasses__(waiting.pop()) if each is not type]
        waiting += below
        kinds += [each for each in below if str(own(each).get("__module__")).partition(".")[0] == package]
    for kind in kinds:
        for name in list(own(kind)):
            try:
                # Enumerations refuse it by themselves.
                type.__delattr__(kind, name)
            except (AttributeError, TypeError):
                pass  # one that every class has
    for each in names:
        each.clear()
