"""``corvo profile``: take a profile of a module, put it into a file, and show what it says first."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ....errors import InvalidArgument
from ....profiles.kind import parse_number
from ....profiles.pprof.model import Profile
from ....profiles.stacks.own import shown_comments
from ...asking import ask_chosen, heading, tell
from ...help import HelpCommand
from ...profiles.children import children_option, children_parameter
from ...profiles.flame.graph import check_flame, flame_graph
from ...profiles.hot_functions import Measured, difference, measured
from ...profiles.taking import GZIP, read_profile, trace_notes, with_progress
from ...running import asynchronous
from ...settings.where import Where
from ...show.output import note, print_table
from ...where.chosen import Chosen, choose_modules
from ...where.complete import KIND_ALIASES, KINDS, profile_words
from ...where.options import agent_options
from ...where.worker import worker_option
from ...whole_file import write_whole

if TYPE_CHECKING:
    from ....diagnostics.client.typed_client import TypedClient

# Seconds; the agent has a bound of its own.
_SHORTEST, _LONGEST = 0.001, 86400.0


@dataclass(frozen=True, slots=True)
class _Looked:
    """What is to be done with each answer."""

    kind: str
    path: str | None
    flame: Path | None
    old: Path | None
    before: Profile | None
    sample_type: str
    count: int
    everything: bool
    several: bool


@click.command("profile", cls=HelpCommand, short_help="Take a profile of a module.")
@choose_modules("NAME... KIND [KEY=VALUE]...", behind=True, complete=profile_words)
@click.option("--seconds", type=float, help="How long to measure, where time matters.")
@click.option("-o", "path", metavar="FILE", help="Where to put it, NAME-KIND.pb.gz unless given; - is stdout.")
@click.option("--flame", "flame", type=click.Path(path_type=Path), metavar="FILE", help="A flame graph: .svg or .html.")
@click.option("--top", "count", type=click.IntRange(0), default=10, show_default=True, help="Functions to show.")
@click.option("--diff", "old", type=click.Path(path_type=Path), metavar="FILE", help="Show what changed since FILE.")
@children_option
@click.option("--all", "everything", is_flag=True, help="Show the agent's own functions, too.")
@click.option("--sample-type", default="", metavar="TYPE", help="What to show, such as inuse_space or alloc_objects.")
@worker_option
@agent_options
@asynchronous
async def command(
    chosen: Chosen,
    worker: str,
    seconds: float | None,
    path: str | None,
    flame: Path | None,
    count: int,
    old: Path | None,
    children: bool,
    everything: bool,
    sample_type: str,
    where: Where,
) -> int:
    """Take a profile of the modules NAME...: KIND is cpu (profile), tasks (goroutine), memory (heap), locks (mutex),
    block and what else an agent has. KEY=VALUE are parameters of it, such as mode, engine, hz, budget, frames or base.

    It goes into a file for go tool pprof and other readers; the functions that it spends most in are shown. FLAT is
    what was spent in a function itself, CUM what in it and in all that it called, PLACE the line in it that took most.

    \b
    corvo profile node1-pen-npm profile --seconds 20     then: go tool pprof node1-pen-npm-profile.pb.gz
    corvo profile node1-pen-npm profile --seconds 20 --flame cpu.svg
    corvo profile node1-pen-npm cpu mode=wall engine=builtin --seconds 20
    corvo profile node1-pen-npm memory --sample-type inuse_space -o heap.pb.gz
    corvo profile node1-pen-npm memory --diff heap.pb.gz -o later.pb.gz
    corvo profile node1-pen-npm cpu --children           a sidecar: with the workers below its process
    corvo profile node1-pen-npm cmdline -o -
    corvo profile 'node1-*' cpu --seconds 5              of several modules, a file each
    """
    chosen, kind, parameters = _words(chosen)
    asked = _parameters(parameters, seconds) | children_parameter(children=children)
    measuring = float(asked["seconds"]) if "seconds" in asked else None
    if chosen.several and (path or flame or old):
        raise click.UsageError("-o, --flame and --diff are for one module: each of several gets a file NAME-KIND.pb.gz")
    before = None if old is None else await asyncio.to_thread(_before, old, sample_type)
    if flame is not None:
        check_flame(flame)

    async def ask(client: TypedClient, name: str) -> bytes:
        client.worker = worker
        taking = client.profile(kind, measuring, asked)
        return await with_progress(taking, measuring, f"{kind} of {name}", alone=not chosen.several)

    found, code = await ask_chosen(where, chosen, ask, "profiles")
    looked = _Looked(kind, path, flame, old, before, sample_type, count, everything, chosen.several)
    for place, (name, buffer) in enumerate(found.items()):
        heading(name, several=chosen.several, first=not place)
        await _take(looked, name, buffer)
    return code


def _words(chosen: Chosen) -> tuple[Chosen, str, tuple[str, ...]]:
    """The modules, the kind, and the parameters behind it. Raises click.UsageError."""
    words = [word for word in chosen.words if "=" not in word]
    parameters = chosen.words[len(words) :]
    if any("=" not in word for word in parameters):
        raise click.UsageError("parameters stand behind the kind: NAME... KIND [KEY=VALUE]...")
    if len(words) < (1 if chosen.by_selector else 2):
        raise click.UsageError("name a module and the kind of profile, such as cpu, tasks, memory, locks or block")
    if chosen.by_selector and len(words) > 1:
        raise click.UsageError("name modules or select them, not both")
    kind = words.pop()
    if not _is_kind(kind) and any(map(_is_kind, words)):
        # The kind was named before.
        raise InvalidArgument("parameter", kind, "must be KEY=VALUE")
    return replace(chosen, words=tuple(words)), KIND_ALIASES.get(kind.lower(), kind), parameters


def _is_kind(word: str) -> bool:
    return word.lower() in KINDS or word.lower() in KIND_ALIASES


async def _take(looked: _Looked, name: str, buffer: bytes) -> None:
    """Write what the module ``name`` has answered, and show what it says. Raises InvalidArgument and OSError."""
    kind, flame = looked.kind, looked.flame
    if looked.path == "-":
        sys.stdout.buffer.write(buffer)
    else:
        file = Path(looked.path or f"{name}-{kind}{_suffix(buffer)}")
        await asyncio.to_thread(write_whole, file, buffer)
        note(f"{file}: {len(buffer)} bytes")
    profile = await asyncio.to_thread(read_profile, buffer)
    if profile is None:
        _no_stacks(buffer, kind, {"--flame": flame, "--diff": looked.old})
        return
    values = measured(profile, looked.sample_type)
    earlier = None if looked.before is None else measured(looked.before, values.type.type)
    if flame is not None:
        title = f"{kind} of {name}" + (f" since {looked.old}" if earlier else "")
        text = await asyncio.to_thread(flame_graph, values, title, flame.suffix, earlier)
        await asyncio.to_thread(write_whole, flame, text.encode())
        note(f"{flame}: the flame graph of {values.type.type}")
    if earlier is not None:
        values = difference(values, earlier)
    if looked.path != "-" and looked.count:
        _show(profile, values, name, looked)


def _no_stacks(buffer: bytes, kind: str, given: Mapping[str, Path | None]) -> None:
    """What is to say of an answer without stacks. Raises InvalidArgument where an option needs some."""
    for text in trace_notes(buffer):
        note(text)
    for option, path in given.items():
        if path is not None:
            raise InvalidArgument(option, str(path), f"what {kind} answers is no profile of stacks")


def _parameters(texts: tuple[str, ...], seconds: float | None) -> dict[str, str]:
    """The parameters by name, ``seconds`` among them. Raises InvalidArgument."""
    found: dict[str, str] = {} if seconds is None else {"seconds": f"{seconds:g}"}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InvalidArgument("parameter", text, "must be KEY=VALUE")
        if key == "profile":
            raise InvalidArgument("parameter", text, "the kind is named before the parameters")
        if key in found:
            raise InvalidArgument("parameter", text, f"{key} is given twice")
        found[key] = value
    if "seconds" in found:
        parse_number("seconds" if seconds is None else "--seconds", found["seconds"], _SHORTEST, _LONGEST)
    return found


def _before(path: Path, sample_type: str) -> Profile:
    """The profile in the file ``path``. Raises InvalidArgument for what is none, and for one of other values."""
    profile = read_profile(path.read_bytes())
    if profile is None:
        raise InvalidArgument("--diff", str(path), "not a profile of stacks")
    measured(profile, sample_type)
    return profile


def _suffix(buffer: bytes) -> str:
    """What the content is: a gzipped pprof profile, a trace in JSON or of Go, or text."""
    if buffer.startswith(GZIP):
        return ".pb.gz"
    if buffer.startswith(b"go 1."):
        return ".trace"
    return ".json" if buffer.lstrip().startswith((b"{", b"[")) else ".txt"


def _show(profile: Profile, values: Measured, name: str, looked: _Looked) -> None:
    count, everything, several = looked.count, looked.everything, looked.several
    for comment in shown_comments(profile):
        tell(comment, name, several=several)
    tell(f"{values.type.type}: {values.text(values.total)} in all", name, several=several)
    rows = [
        (*_quantity(values, each.flat), *_quantity(values, each.cumulative), each.name, each.place)
        for each in values.hottest(count, everything=everything)
    ]
    own = 0 if everything else values.own
    if own:
        text = f"{values.text(own)} ({values.share(own)}) in functions of corvo_agent itself: --all shows them"
        tell(text, name, several=several)
    print_table(("FLAT", "FLAT%", "CUM", "CUM%", "FUNCTION", "PLACE"), rows)


def _quantity(values: Measured, value: int) -> tuple[str, str]:
    return values.text(value), values.share(value)
