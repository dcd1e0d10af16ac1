"""Programs of our own load etcd3-py without requests, which only its blocking client needs.

etcd3-py's package imports its blocking client beside the one of asyncio, and requests with it: urllib3, and the tables
of charset_normalizer, 4.5 MiB in all. Nothing here makes that client, and an idle agent has to be small.

Only a program that is ours from its first line may do this. A host that imports this package gets etcd3-py as it is.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.abc import Loader


def leave_out_requests() -> None:
    """From now on, the first import of etcd3 in this process leaves requests out, unless requests is there already.

    requests itself can be imported afterwards as ever, and what etcd3's blocking client uses of it is imported when it
    is used; that client's watcher, however, does not know the errors of requests for what they are.
    """
    if "etcd3" not in sys.modules and not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds etcd3, once, as the finders behind it do."""

    def __init__(self) -> None:
        # It stays in the list: another thread may be going through that.
        self._asked = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "etcd3" or self._asked:
            return None
        self._asked = True
        # Late: most commands do not come here.
        from importlib.util import find_spec

        spec = find_spec(name)
        if spec is not None and spec.loader is not None and "requests" not in sys.modules:
            spec.loader = cast("Loader", _Loader(spec.loader))
        return spec


class _Loader:
    """Runs a module as its own loader does, with stand-ins for requests in its place meanwhile."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._loader.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        module.__loader__ = module.__spec__.loader = self._loader
        stand_ins = [_StandIn("requests", "ConnectionError"), _StandIn("requests.exceptions", "ChunkedEncodingError")]
        sys.modules.update({each.__name__: each for each in stand_ins})
        try:
            self._loader.exec_module(module)
        finally:
            _remove_stand_ins()


class _StandIn(ModuleType):
    """A module with one class of errors, all that etcd3 takes from requests when it is imported."""

    def __init__(self, name: str, error: str) -> None:
        super().__init__(name)
        setattr(self, error, type(error, (OSError,), {"__module__": name}))

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            # Not of requests: the import system asks whether this is a package.
            raise AttributeError(name)
        _remove_stand_ins()
        requests = importlib.import_module("requests")
        return getattr(requests if self.__name__ == "requests" else requests.exceptions, name)


def _remove_stand_ins() -> None:
    for name in [name for name, module in sys.modules.items() if isinstance(module, _StandIn)]:
        del sys.modules[name]
