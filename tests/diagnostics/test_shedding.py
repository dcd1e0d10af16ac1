"""What is refused at each stage, and what that says."""

from __future__ import annotations

import pytest

from corvo_agent.diagnostics.shedding import Shedding, Stage
from corvo_agent.errors import ResourceExhausted

QUESTIONS = [("Profile", False), ("log", True), ("Log", False), ("Action", False), (" stats ", False)]


@pytest.mark.parametrize(("stage", "refused"), [(Stage.NOTHING, 0), (Stage.LASTING, 2), (Stage.ALMOST_ALL, 4)])
def test_the_costly_and_lasting_goes_first_and_stats_never(stage: Stage, refused: int) -> None:
    shedding = Shedding()
    shedding.begin(stage, "bytes of memory", 10, 12)
    for number, (query, follows) in enumerate(QUESTIONS):
        if number < refused:
            text = r"^bytes of memory \(shedding load, ask again later\): at most 10, got 12$"
            with pytest.raises(ResourceExhausted, match=text):
                shedding.check(query, follows=follows)
        else:
            shedding.check(query, follows=follows)
    assert shedding.refused == refused
    assert shedding.as_json()["Refused"] == refused
    shedding.end()
    shedding.check("Profile")
    assert shedding.as_json() == {"Stage": "nothing", "Refused": refused}
