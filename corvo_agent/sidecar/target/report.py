"""What the sidecar reports to the Module of a start that is not its own."""

from __future__ import annotations

from dataclasses import replace

from ...modules.registration import StartReport
from .follower import START_PRECISION, TargetStart


def start_of_target(report: StartReport, start: TargetStart | None, reported: int) -> StartReport:
    """``report`` for the target's ``start`` in place of the sidecar's; None: the target has not been seen yet.

    ``reported`` is the number of the start that was reported last.
    """
    if start is None:
        return replace(report, started=0)
    return replace(
        report,
        started=start.time_ns,
        # The first one that is seen may be known from an earlier life of the sidecar; the next ones are surely new.
        precision=START_PRECISION if start.number == 1 else 0,
        missed=start.number - 1 - reported if start.number > reported else 0,
        restart_reason=report.restart_reason or start.reason,
    )
