"""Modules by what people type: their names, the service alone, or a pattern."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Sequence

from ...errors import InvalidArgument, NotFound
from ..backends.protocol import Backend
from ..show.output import note

#: Names that are looked through, and told of those that would fit.
MAX_NAMES, MAX_TOLD = 100_000, 20
_PATTERN = "*?["


async def whole_name(backend: Backend, text: str) -> str:
    """The name of the one module that ``text`` means.

    A module that is called so, else the one whose service is (``mail`` is ``node1-mail``), or that a pattern with
    ``*``, ``?`` or ``[...]`` fits. What is not typed is told on stderr. Without Module objects, and where none fits,
    ``text`` stays as it is: whoever is asked for it says so. Raises InvalidArgument naming those that fit when there
    are several, NotFound for a pattern that fits none.
    """
    found = await whole_names(backend, (text,))
    if len(found) > 1:
        more = f" and {len(found) - MAX_TOLD} more" if len(found) > MAX_TOLD else ""
        raise InvalidArgument("NAME", text, f"{len(found)} modules: {', '.join(found[:MAX_TOLD])}{more}")
    return found[0]


async def whole_names(backend: Backend, texts: Iterable[str]) -> list[str]:
    """The names of all modules that ``texts`` mean, each once; see ``whole_name``.

    A text without a pattern means one module, so that nobody changes more than they think.
    """
    found: dict[str, None] = {}
    every: Sequence[str] | None = None
    for text in texts:
        if not backend.has_modules or await exists(backend, text):
            found[text] = None
            continue
        if every is None:
            every = await backend.modules.names("", MAX_NAMES)
        found.update(dict.fromkeys(_meant(text, every)))
    return list(found)


async def means_module(backend: Backend, text: str) -> bool:
    """Whether ``text`` is a pattern, or there is a module that it means. Without Module objects nothing does."""
    if not backend.has_modules:
        return False
    if is_pattern(text) or await exists(backend, text):
        return True
    return any(name.endswith(f"-{text}") for name in await backend.modules.names("", MAX_NAMES))


def is_pattern(text: str) -> bool:
    """Whether ``text`` may mean several modules."""
    return any(sign in text for sign in _PATTERN)


async def exists(backend: Backend, text: str) -> bool:
    """Whether there is a Module of that name."""
    # The first one that begins so; without reading the objects.
    return text in await backend.modules.names(text, 1)


def _meant(text: str, every: Sequence[str]) -> Sequence[str]:
    if is_pattern(text):
        fitting = fnmatch.filter(every, text)
        if not fitting:
            raise NotFound("module", text, "no name fits the pattern")
        return fitting
    of_service = [name for name in every if name.endswith(f"-{text}")]
    if len(of_service) > 1:
        told = ", ".join(of_service[:MAX_TOLD])
        raise InvalidArgument("NAME", text, f"{len(of_service)} modules have a service of that name: {told}")
    if of_service:
        note(f"{text} is {of_service[0]}")
        return of_service
    services = {name.partition("-")[2]: name for name in every}
    close = difflib.get_close_matches(text, [*every, *services], 3)
    if close:
        names = dict.fromkeys(services.get(each, each) for each in close)
        note(f"no module is called {text}. Did you mean {' or '.join(names)}?")
    return (text,)
