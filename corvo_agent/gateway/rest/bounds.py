"""What bounds each request of the REST API, told in the numbers that it is held to."""

from __future__ import annotations

from collections.abc import Mapping

from ...access.recent import KEPT_LINES, LINE_BYTES
from ...access.rules import SUBSCRIPTIONS
from ...diagnostics.limits import RESPONSE_BYTES
from ...logs.errors.groups import MOST_KINDS, MOST_LINES
from ...logs.limits import DEFAULT_LIMITS, DEFAULT_TAIL_LIMITS
from ...logs.search.counter import MAX_STEPS
from ...logs.search.parameters import MAX_CONTEXT
from ...modules.compare_and_swap import ATTEMPTS
from ...modules.controls.control import MAX_CONTROL_BYTES, MAX_CONTROLS
from ...modules.history.value import KEPT_BYTES, KEPT_ENTRIES
from ...modules.names import API_PATH
from ...profiles.stacks.task_views import MAX_TASKS
from ...stats.samples import KEPT, STEP
from ...timestamps import format_duration
from ..multiplex.multiplexer import MAX_OF_ONE, MAX_STREAMS, MAX_SUBSCRIPTIONS
from ..multiplex.outbox import WAITING
from ..objects.paging import MAX_RESULTS
from ..operations.bundles import ANSWER_BYTES, ANSWER_SECONDS, BUNDLE_LIMITS, MAX_BYTES, MAX_MODULES, MAX_SECONDS
from ..operations.shelf import ShelfLimits
from ..routing.router import RouteLimits
from ..statuses.measurer import AT_ONCE, EVERY
from ..statuses.measurer import KEPT as SHOWN
from ..subscriptions import logs, statuses
from ..watching.watch_hub import WatchLimits
from .connection import HttpLimits
from .http import BODY_SECONDS, MAX_BODY
from .limits import (
    ALIVE,
    BUNDLE_CPU_SECONDS,
    BUNDLE_LINES,
    CATCH_UP,
    FAN_OUT,
    MAX_MERGED,
    MEASURING,
    SCRAPE_SECONDS,
    SCRAPED,
)


def _seconds(seconds: float) -> str:
    return format_duration(round(seconds * 10**9))


def _bytes(size: int) -> str:
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size >> 10} kB"


_HTTP, _ROUTES, _WATCHES, _PROFILES = HttpLimits(), RouteLimits(), WatchLimits(), ShelfLimits()

#: What bounds every request.
OF_ALL = (
    f"{_HTTP.connections:,} connections, fewer where the process may open few files; {_seconds(_HTTP.header_timeout)} "
    f"for a header, {_bytes(MAX_BODY)} and {_seconds(BODY_SECONDS)} for a body; a reader that takes nothing of an "
    f"answer for {_seconds(_HTTP.stall_timeout)} is cut off, unless it follows a log. Queries and followed logs share "
    f"{_ROUTES.at_once:,} places of queries, of which one caller has three quarters at most; what a viewer may ask has "
    "a tenth more."
)

_FIXED = "The same for all callers, from memory."
_MEMORY = "Answered from memory; no agent is asked."
_PAGE = f"From memory; {MAX_RESULTS:,} Modules on a page, all of them without one"
_READ = f"waits {_seconds(CATCH_UP)} at most for a revision that it names"
_CHANGE = f"Tried {ATTEMPTS} times at most while other clients write the same object."
_PLACE = "takes a place of queries"
_ASKED = f"{_seconds(_ROUTES.timeout)} for the agent; {_PLACE}"
_ANSWERED = (
    f"{_seconds(_ROUTES.timeout)} for the agent, or as long as the caller says, up to {_seconds(_ROUTES.longest)}"
)
_LARGE = f"{_bytes(_HTTP.answer_bytes)} of large answers held at once"
_FOUND = (
    f"{DEFAULT_LIMITS.default_lines:,} lines unless told, {DEFAULT_LIMITS.max_lines:,} and "
    f"{_bytes(DEFAULT_LIMITS.max_answer_bytes)} at most"
)
_AGENTS = f"each agent every {_seconds(EVERY)} at most, {AT_ONCE} at once; an answer is shown for {_seconds(SHOWN)}"


def _kept(limits: ShelfLimits) -> str:
    kept = f"The last {limits.kept} of {_bytes(limits.bytes)} in all, for {_seconds(limits.seconds)}"
    return f"{kept}, by this gateway only; {limits.running} under way at once"


def _shelf(path: str, limits: ShelfLimits) -> dict[tuple[str, str], str]:
    kept, one = f"{_kept(limits)}.", f"{API_PATH}/{path}/{{id}}"
    return {
        ("GET", f"{API_PATH}/{path}"): kept,
        ("GET", one): kept,
        ("DELETE", one): kept,
        ("GET", f"{one}/data"): f"{_bytes(limits.bytes)}; kept for {_seconds(limits.seconds)}, while there is room.",
    }


_ONE = f"{API_PATH}/modules/{{name}}"

#: (method, path) of an operation -> what bounds it, besides what bounds all.
BOUNDS: Mapping[tuple[str, str], str] = {
    ("GET", f"{API_PATH}/modules"): f"{_PAGE}; {_READ}.",
    ("POST", f"{API_PATH}/modules"): "One write.",
    ("GET", _ONE): f"From memory; {_READ}.",
    ("PUT", _ONE): _CHANGE,
    ("PATCH", _ONE): _CHANGE,
    ("DELETE", _ONE): _CHANGE,
    ("POST", f"{_ONE}/label"): _CHANGE,
    ("GET", f"{_ONE}/level"): f"From memory; {_READ}.",
    ("PUT", f"{_ONE}/level"): f"{MAX_CONTROLS} overrides of a Module, {_bytes(MAX_CONTROL_BYTES)} each. {_CHANGE}",
    ("GET", f"{_ONE}/history"): f"{KEPT_ENTRIES} changes, {_bytes(KEPT_BYTES)} in all.",
    ("POST", f"{_ONE}/Debug"): f"{_ANSWERED}; {_bytes(RESPONSE_BYTES)} an answer, {_LARGE}; {_PLACE}.",
    ("POST", f"{API_PATH}/Debug"): (
        f"{FAN_OUT} agents at once, each {_PLACE}; for each {_ANSWERED}; {_LARGE}; merged by time {MAX_MERGED:,} "
        "records."
    ),
    ("GET", f"{_ONE}/samples"): f"The last {KEPT} samples, one every {_seconds(STEP)}; {_ASKED}.",
    ("GET", f"{_ONE}/stacks"): f"{MAX_TASKS:,} tasks of a process, one answer made at a time; {_ASKED}.",
    ("GET", f"{_ONE}/errors"): f"The newest {MOST_LINES:,} errors, {MOST_KINDS} kinds of them; {_ASKED}.",
    ("GET", f"{_ONE}/counts"): f"{MAX_STEPS:,} steps; {_seconds(_ROUTES.timeout)} for the agent.",
    ("GET", f"{_ONE}/logs"): f"{_FOUND}, {_LARGE}; {_ASKED}.",
    ("GET", f"{_ONE}/logs/context"): f"{MAX_CONTEXT} lines before and {MAX_CONTEXT} behind; {_ASKED}.",
    ("GET", f"{API_PATH}/watch/modules/{{name}}/logs"): (
        f"Of a reader that does not keep up {_bytes(DEFAULT_TAIL_LIMITS.buffer_bytes)} wait at the agent, then the "
        f"oldest lines are dropped and that is told; as events something is said every {_seconds(ALIVE)}; {_PLACE}."
    ),
    ("GET", f"{API_PATH}/watch/modules"): (
        f"{_WATCHES.watchers:,} watchers; {_WATCHES.waiting:,} events wait for one, which has "
        f"{_seconds(_WATCHES.patience)} to take what is written; it may begin {_seconds(_WATCHES.history_seconds)}, "
        f"{_WATCHES.history_events:,} changes or {_bytes(_WATCHES.history_bytes)} back."
    ),
    ("POST", f"{API_PATH}/watch"): (
        f"{MAX_STREAMS:,} streams, {MAX_OF_ONE} of one caller; {MAX_SUBSCRIPTIONS} subscriptions of one stream "
        f"({', '.join(SUBSCRIPTIONS)}), which measure {statuses.MAX_MEASURED} Modules or follow {logs.MAX_MODULES} "
        f"logs each; {_bytes(WAITING)} wait for its reader; something is said every {_seconds(ALIVE)}."
    ),
    ("GET", f"{API_PATH}/whoami"): _MEMORY,
    ("GET", f"{API_PATH}/audit"): f"The last {KEPT_LINES:,} lines of {_bytes(LINE_BYTES)} each.",
    ("GET", f"{API_PATH}/statuses"): f"{_PAGE}; measured within {_seconds(MEASURING)}, {_AGENTS}.",
    ("POST", f"{_ONE}/profiles"): (
        f"{_kept(_PROFILES)}, one of a kind for a Module; its seconds and {_seconds(_ROUTES.timeout)}, up to "
        f"{_seconds(_ROUTES.longest)}."
    ),
    **_shelf("profiles", _PROFILES),
    ("POST", f"{API_PATH}/bundles"): (
        f"{_kept(BUNDLE_LIMITS)}; {MAX_MODULES} Modules, {_bytes(MAX_BYTES)} before it is packed, "
        f"{_seconds(MAX_SECONDS)}; of each agent {BUNDLE_LINES:,} lines and {_seconds(BUNDLE_CPU_SECONDS)} of CPU "
        f"profile, an answer of {_bytes(ANSWER_BYTES)} within {_seconds(ANSWER_SECONDS)} and what it measures."
    ),
    **_shelf("bundles", BUNDLE_LIMITS),
    ("GET", "/metrics"): "Of this gateway alone, from memory.",
    ("GET", "/metrics/modules"): f"{SCRAPED:,} Modules; within {_seconds(SCRAPE_SECONDS)}, {_AGENTS}.",
    ("GET", "/metrics/targets"): _MEMORY,
    ("GET", "/healthz"): "Nothing is looked up.",
    ("GET", "/readyz"): _MEMORY,
    ("GET", "/openapi.json"): _FIXED,
    ("GET", "/"): _FIXED,
    ("GET", "/ui/{folder}/{file}"): _FIXED,
    ("GET", "/docs"): _FIXED,
    ("GET", "/docs/style.css"): _FIXED,
    ("GET", "/docs/guide"): _FIXED,
    ("GET", "/docs/guide/{name}"): _FIXED,
}
