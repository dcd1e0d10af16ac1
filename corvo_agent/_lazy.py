"""Public names of a package that are imported when they are first used.

A package's ``__init__`` runs with every import of a file below it. If it imported what it makes public, a service that
formats log lines would pay for etcd and gRPC, and a file could not import another of its own package without a circle.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def lazy_names(
    package: str, homes: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and ``__dir__`` of a package (PEP 562) whose names live in other files.

    Args:
        package: the package's own ``__name__``.
        homes: files, as dotted names below the package, and what each gives: ``{"search.query": ("LogQuery",)}``.
            No name may be that of a file in the package's folder: importing that file would take the name's place.

    Returns:
        The two functions. The first use of a name imports its file and keeps the value in the package; whatever that
        import raises passes through. A name that is not in ``homes`` raises AttributeError, as for any module.
        ``__dir__`` lists the package's ``__all__``.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        home = home_of.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value: object = getattr(importlib.import_module(f"{package}.{home}"), name)
        # Kept, so that only the first use comes here.
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted(sys.modules[package].__all__)

    return get, names
