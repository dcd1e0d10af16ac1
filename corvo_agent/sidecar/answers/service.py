"""Makes a service answer about a foreign process: its statistics and profiles in place of those of the sidecar."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...diagnostics.handlers.profile import MAX_SECONDS, ProfileHandler
from ...diagnostics.service import DiagnosticsService
from ...profiles.kind import ProfileKind
from ..target.process import FindTarget
from .go_access import GoAccess
from .process_stats import ProcessStats

# Seconds for a profile that is measured: to start, to pack and to send it.
_BESIDE_MEASURING = 30.0


def answer_for_process(service: DiagnosticsService, find: FindTarget) -> None:
    """Let ``service`` answer Stats and Profile about the process that ``find`` finds at the time.

    Raises AlreadyExists when one of its variables is published already.
    """
    ProcessStats(find).publish(service.expvars)

    def kinds() -> Iterable[ProfileKind]:
        # Late: most sidecars are never asked for a profile, and hold two megabytes less.
        from .inside_kinds import inside_kinds
        from .process_profiles import process_kinds

        offered = process_kinds(find)
        return (*offered, *inside_kinds(offered))

    replace_profiles(service, kinds)


def answer_for_go(service: DiagnosticsService, url: str, access: GoAccess | None = None) -> None:
    """Let ``service`` answer Stats and Profile with what the Go process at ``url`` says of itself, unchanged.

    ``access`` is what it asks of its callers. Raises ConfigError for what is no URL.
    """
    # Late: aiohttp takes as long to import as all the rest.
    from .go_pprof import GoProcess
    from .go_stats import GoStatsHandler

    process = GoProcess(url, access=access)
    service.register_handler("Stats", GoStatsHandler(process, service.expvars))
    replace_profiles(service, process.kinds, process.other_kind)


def replace_profiles(
    service: DiagnosticsService,
    kinds: Callable[[], Iterable[ProfileKind]],
    other: Callable[[str], ProfileKind] | None = None,
) -> None:
    """Let ``service`` answer Profile with ``kinds`` alone, and ``other`` for names that are none of theirs."""
    # They would record this process, and the queries are about the other one.
    service.leave_out_recorders()
    service.register_handler("Profile", ProfileHandler(kinds, other=other), timeout=MAX_SECONDS + _BESIDE_MEASURING)
