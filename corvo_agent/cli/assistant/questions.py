"""What an assistant may ask about modules: the questions of our commands, with answers as data, within bounds."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...bundle.parts import Asked
from ...clock import SYSTEM_CLOCK
from ...errors import CorvoError, InvalidArgument, Unsupported
from ...logs.errors.groups import error_parameters, group_errors
from ...modules.access import Selector
from ...modules.history.entry import entry_to_dict
from ...profiles.shown.stack_tree import stack_tree, tree_lines
from ...profiles.stacks.own import shown_comments
from ...timestamps import parse_duration
from ..backends.protocol import Backend
from ..bundling import SUFFIX, write_bundle
from ..failures import Failures
from ..levels.level_view import level_state
from ..levels.waiting import wait_in_force
from ..levels.wish import Wish
from ..many import for_each, selected
from ..modules.overview import overviews
from ..profiles.hot_functions import measured
from ..profiles.taking import read_profile
from ..where.complete import KIND_ALIASES
from ..where.names import whole_name, whole_names

#: Bounds of one answer: lines of a log, kinds of errors of a module, characters of a text, seconds of a profile.
MOST_LINES, MOST_KINDS, MOST_TEXT, LONGEST_PROFILE = 500, 30, 60_000, 30.0
#: The longest override, in nanoseconds.
LONGEST_LEVEL = 3600 * 10**9
_PATIENCE = 5.0
# Kinds of profiles that are taken over a time.
_TIMED = ("profile", "block", "mutex")
_MEGABYTES, _BUNDLE_SECONDS = 64, 120.0


class Questions:
    """Asks ``backend``, with the role of its caller. Each method raises the CorvoErrors of what it asks."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def modules(self, names: Sequence[str], labels: str) -> list[dict[str, Any]]:
        """The fleet at a glance, of those named or selected: status, level, errors of ten minutes, restarts."""
        found = await self._backend.modules.levels(Selector(labels=labels))
        if names:
            chosen = set(await whole_names(self._backend, names))
            found = [level for level in found if level.module.name in chosen]
        now = SYSTEM_CLOCK.time_ns()
        return [each.as_json(now) for each in await overviews(self._backend, found, "10m", count=True)]

    async def errors(self, names: Sequence[str], since: str) -> list[dict[str, Any]]:
        """Errors by kind, of those named or of all; a module that could not be asked is told as such."""
        chosen = await whole_names(self._backend, names) if names else await selected(self._backend.modules, Selector())

        async def ask(name: str) -> dict[str, Any]:
            try:
                async with self._backend.agent(name) as client:
                    records = await client.logs(error_parameters(since))
            except CorvoError as error:
                return {"module": name, "errors": None, "unknown": str(error)}
            found = (await asyncio.to_thread(group_errors, records)).as_json()
            kinds = found["groups"][:MOST_KINDS]
            left_out = len(found["groups"]) - len(kinds)
            return {"module": name, **found, "groups": kinds, **({"kinds-left-out": left_out} if left_out else {})}

        answers = await for_each(chosen, ask, Failures(named=True), "errors")
        return sorted(answers.values(), key=lambda each: -(each["errors"] or 0))

    async def logs(self, name: str, parameters: dict[str, str], lines: int) -> list[dict[str, str]]:
        """The newest lines that ``parameters`` of the Log query let through, at most ``lines`` and ``MOST_LINES``."""
        asked = {**parameters, "lines": str(max(1, min(lines, MOST_LINES)))}
        async with self._backend.agent(await self._whole(name)) as client:
            return await client.logs(asked)

    async def stats(self, name: str, variable: str) -> dict[str, Any]:
        """Published variables, all or one."""
        async with self._backend.agent(await self._whole(name)) as client:
            return await client.stats(variable or None)

    async def stacks(self, name: str) -> str:
        """Every thread and task and what it waits for, as ``corvo stacks`` tells it."""
        profile = await self._profile(name, "goroutine", None)
        lines = await asyncio.to_thread(lambda: list(tree_lines(stack_tree(profile), 10)))
        return clipped("\n".join(lines))

    async def profile(self, name: str, kind: str, seconds: float, count: int) -> dict[str, Any]:
        """The functions that a profile spends most in."""
        if not 0 < seconds <= LONGEST_PROFILE:
            raise InvalidArgument("seconds", seconds, f"must be more than 0 and at most {LONGEST_PROFILE:g}")
        asked = KIND_ALIASES.get(kind, kind)
        # A recording of memory costs a service more than a look at what is there.
        profile = await self._profile(name, asked, seconds if asked in _TIMED else None)
        values = measured(profile)
        return {
            "of": values.type.type,
            "total": values.text(values.total),
            "functions": [
                {
                    "function": each.name,
                    "place": each.place,
                    "flat": values.text(each.flat),
                    "flat-share": values.share(each.flat),
                    "cumulative": values.text(each.cumulative),
                    "cumulative-share": values.share(each.cumulative),
                }
                for each in values.hottest(max(1, min(count, 100)))
            ],
            "remarks": list(shown_comments(profile)),
        }

    async def history(self, name: str) -> list[dict[str, Any]]:
        """Who changed what of a module, newest first."""
        return [entry_to_dict(each) for each in await self._backend.modules.history(await self._whole(name))]

    async def bundle(self, names: Sequence[str]) -> dict[str, Any]:
        """Write a support bundle into a new folder of this machine: where it is, and what is missing in it."""
        chosen = await whole_names(self._backend, names)
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="corvo-bundle-")
        file = Path(folder, time.strftime(f"corvo-bundle-%Y%m%dT%H%M%SZ{SUFFIX}", time.gmtime()))
        manifest, files, size = await write_bundle(
            self._backend, chosen, Asked(), file, max_megabytes=_MEGABYTES, seconds=_BUNDLE_SECONDS, told={}
        )
        missing = [
            {"module": name, "reason": why, "files": list(each)} for (name, why), each in manifest.missing.items()
        ]
        return {"file": str(file), "files": files, "bytes": size, "missing": missing}

    async def set_level(self, name: str, level: str, duration: str, reason: str) -> dict[str, Any]:
        """Override the level of a module for a time, at most an hour; what holds then."""
        if parse_duration(duration, "duration") > LONGEST_LEVEL:
            raise InvalidArgument("duration", duration, "an assistant may set a level for an hour at most")
        wish = Wish(
            level=level,
            duration=duration,
            keep=False,
            clear=False,
            as_configured=False,
            why=False,
            logger=None,
            scope="",
            reason=reason or "set by an assistant",
        )
        whole = await self._whole(name)
        found = await self._backend.modules.level(whole)
        if found.applied is None:
            # Whoever answers there may keep the level for ever.
            raise Unsupported("a level that ends", f"no agent of {whole} has announced itself")
        done = await wish.carry_out(self._backend, whole)
        settled, said = await wait_in_force(self._backend.modules, done.level, _PATIENCE)
        return {"module": whole, **level_state(settled), **({"remark": said} if said else {})}

    async def _profile(self, name: str, kind: str, seconds: float | None) -> Any:
        whole = await self._whole(name)
        parameters = {} if seconds is None else {"seconds": f"{seconds:g}"}
        async with self._backend.agent(whole) as client:
            buffer = await client.profile(kind, seconds, parameters)
        profile = await asyncio.to_thread(read_profile, buffer)
        if profile is None:
            raise Unsupported("summing up", f"what {whole} answers to the profile {kind} is no profile of stacks")
        return profile

    async def _whole(self, name: str) -> str:
        return await whole_name(self._backend, name)


def clipped(text: str) -> str:
    """``text`` within its bound, and how much is left out."""
    if len(text) <= MOST_TEXT:
        return text
    return f"{text[:MOST_TEXT]}\n... {len(text) - MOST_TEXT} more characters are left out"
