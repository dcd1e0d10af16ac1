"""Which loggers belong to libraries: those named after a module of the standard library or of an installed package."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.machinery import PathFinder

#: First parts of logger names remembered; with more than that all are forgotten and looked up again. Each is little
#: beside its loggers, of which programs that name them by connection have many thousands.
REMEMBERED_NAMES = 1 << 16

# Programs that run an application which their arguments name, by the module that they are.
_SERVERS = frozenset(("celery", "daphne", "granian", "gunicorn", "hypercorn", "uvicorn"))
_APPLICATION = re.compile(r"([A-Za-z_]\w*)(?:\.\w+)*(?::[A-Za-z_][\w.()]*)?")

_known: dict[str, bool] = {}
# What stands in a folder up to the first dot, and when the folder had changed by then, in nanoseconds.
_listings: dict[str, tuple[int, frozenset[str]]] = {}


def is_library(logger: str) -> bool:
    """Whether the first part of ``logger`` is a module of the standard library or in a site-packages folder.

    The program itself is not, wherever it is installed: the package of ``__main__``, or the one that gunicorn,
    uvicorn, Celery and their like were told to serve. A name that is no module at all is the application's.
    """
    first = logger.partition(".")[0]
    if not first:
        return False
    found = _known.get(first)
    if found is None:
        if len(_known) >= REMEMBERED_NAMES:
            _known.clear()
        found = _known[first] = first not in _program() and _is_installed(first)
    return found


def _is_installed(name: str) -> bool:
    # This package is in everyone's service, also where it is run from its sources.
    if name in sys.stdlib_module_names or name == __name__.partition(".")[0]:
        return True
    folders = _site_folders(tuple(sys.path))
    module = sys.modules.get(name)
    if module is not None:
        places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    elif not any(_may_hold(folder, name) for folder in folders):
        # Most names of an application: thousands of them have to take no time, the lock of logging is held.
        return False
    else:
        # Not importlib.util.find_spec: finders of others may do anything. Nothing is imported.
        spec = PathFinder.find_spec(name, folders)
        places = [] if spec is None else [spec.origin, *(spec.submodule_search_locations or ())]
    return any(place is not None and _is_below(place, folders) for place in places)


def _is_below(place: str, folders: Iterable[str]) -> bool:
    return any(place.startswith(folder + os.sep) for folder in folders)


def _may_hold(folder: str, name: str) -> bool:
    """Whether something that begins with ``name`` stands in ``folder``."""
    try:
        changed = os.stat(folder).st_mtime_ns
        known = _listings.get(folder)
        if known is None or known[0] != changed:
            names = frozenset(entry.partition(".")[0] for entry in os.listdir(folder))
            known = _listings[folder] = changed, names
    except OSError:
        return False
    return name in known[1]


@lru_cache(maxsize=1)
def _site_folders(paths: tuple[str, ...]) -> list[str]:
    # Not from sysconfig: it reads how Python was built, half a megabyte, from a file that a worker may not read.
    own = os.path.join(sys.prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
    return sorted({own, *(path for path in paths if os.path.basename(path) in ("site-packages", "dist-packages"))})


@cache
def _program() -> frozenset[str]:
    """The packages that this process is there to run; it does not become another program."""
    main = _main_packages()
    return frozenset(_served(sys.argv[1:])) if main & _SERVERS else main


def _main_packages() -> frozenset[str]:
    """What was started: the package of ``python -m``, or all of the distribution that an installed script is of."""
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return frozenset((str(spec.name).partition(".")[0],))
    script = getattr(main, "__file__", None) or ""
    if os.path.dirname(script) not in (os.path.join(sys.prefix, "bin"), os.path.dirname(sys.executable)):
        return frozenset()
    name = os.path.basename(script)
    if name in _SERVERS:
        return frozenset((name,))
    # Late: it takes long to import, and most programs are no installed script, or one that is known.
    import importlib.metadata

    found: set[str] = set()
    for point in importlib.metadata.entry_points(group="console_scripts", name=name):
        files = (point.dist.files if point.dist is not None else None) or ()
        found.update((point.module.partition(".")[0], *(file.parts[0].removesuffix(".py") for file in files)))
    return frozenset(found)


def _served(arguments: list[str]) -> Iterator[str]:
    """First parts of what looks like the application in the arguments of a server: ``shop.wsgi:app``, ``-A shop``."""
    words = " ".join(arguments).replace("--app=", "--app ").split()
    for before, word in zip(("", *words), words, strict=False):
        match = _APPLICATION.fullmatch(word)
        # Without a colon only where it can be nothing else: after Celery's option, or at the end.
        if match and (":" in word or before in ("-A", "--app") or word is words[-1]):
            yield match[1]
