"""Writing a support bundle of modules, wherever they are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..bundle.archive import Archive
from ..bundle.collect import Collector
from ..bundle.manifest import Manifest
from ..bundle.parts import Asked, parts_of
from ..errors import NotFound
from .backends.protocol import Backend
from .show.progress import progress
from .where.names import exists

#: How the name of such a file ends.
SUFFIX = ".tar.gz"


async def write_bundle(
    backend: Backend,
    names: Sequence[str],
    asked: Asked,
    file: Path,
    *,
    max_megabytes: int,
    seconds: float,
    told: Mapping[str, Any],
) -> tuple[Manifest, int, int]:
    """Put what there is about the modules ``names`` into ``file``: its manifest, how many files it has, and its bytes.

    ``told`` stands in the manifest beside what was ``asked``. Raises NotFound where none of the modules is there: a
    file without anything in it would look like an answer.
    """
    if backend.has_modules and not [name for name in names if await exists(backend, name)]:
        raise NotFound("module", ", ".join(names))
    manifest = Manifest(tuple(names), {**asdict(asked), **told})
    async with Archive(file, _top(file), max_megabytes * 1_000_000) as archive:
        collector = Collector(
            archive,
            manifest,
            parts_of(asked),
            agent=backend.agent,
            modules=backend.modules if backend.has_modules else None,
        )
        with progress("bundle", collector.steps) as advance:
            await collector.run(seconds, advance)
        size = await archive.commit()
    return manifest, archive.files, size


def _top(file: Path) -> str:
    """The folder in the archive that everything lies in."""
    return file.name.removesuffix(SUFFIX).removesuffix(".tgz").lstrip(".") or "bundle"
