"""An answer is its records, and what there is to remark about them."""

from __future__ import annotations

from corvo_agent.logs.lines import marker
from corvo_agent.logs.lines.marker import Gap, Truncation
from corvo_agent.logs.search.result import LogResult


def test_remarks_stand_at_the_end() -> None:
    records = [{"msg": "a"}]
    gap = marker.gap(Gap.UNREADABLE, "/a.log.1")
    assert LogResult(records).answer() is records
    assert LogResult(records, cursor="c").answer() == records
    assert LogResult(records, remarks=[gap]).answer() == [*records, gap]
    truncated = LogResult(records, Truncation.SIZE, "c", [gap])
    assert truncated.answer() == [*records, gap, marker.truncated(Truncation.SIZE, "c")]
    assert "'a'" not in repr(truncated)
