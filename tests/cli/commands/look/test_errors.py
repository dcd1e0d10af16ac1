"""``corvo errors``: who logs errors, of which kinds, in a pipe and on terminals of any width."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from corvo_agent.agent.agent import Agent
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import Place
from tests.cli.terminal import on_terminal

NAME = "node1-pen-npm"
SINCE = ("--since", "2026-01-01T00:00:00Z")
TRACE = 'Traceback (most recent call last):\n  File "/srv/shop.py", line 41, in pay\n    x()\nshop.Refused: no 7\n'


@pytest.fixture
def refused(log_file: Path) -> None:
    """Two errors of one kind, beside the one that the log has, and a line that cannot be judged."""
    with log_file.open("ab") as log:
        for number in (7, 8):
            line = {"level": "error", "ts": f"2026-11-24T10:00:0{number}Z", "msg": f"order {number} refused"}
            log.write(orjson.dumps({**line, "stack": TRACE}) + b"\n")
        log.write(b'{"level":"odd","ts":"2026-11-24T10:00:09Z","msg":"who knows"}\n')


@pytest.mark.usefixtures("refused")
async def test_each_kind_has_its_count_times_and_newest_line(place: Place, agent: Agent) -> None:
    await place.finds(NAME)
    outcome = await place.corvo("errors", "pen-npm", *SINCE)
    assert outcome.code == 0, outcome.err
    first, last = "2026-11-24T10:00:07Z", "2026-11-24T10:00:08Z"
    kind = ["shop.Refused", "pay (shop.py:41)"]
    assert outcome.rows[0] == [NAME, "2", *kind, first, last, "order <n> refused", "order 8 refused"]
    assert [row[1] for row in outcome.rows] == ["2", "1"]
    # What could not be judged is said, and is no error.
    assert f"{NAME}: " in outcome.err
    assert "level" in outcome.err
    told = (await place.corvo("errors", NAME, *SINCE, "-o", "json")).json
    assert [(each["module"], each["errors"], len(each["groups"]), len(each["remarks"])) for each in told] == [
        (NAME, 3, 2, 1)
    ]


async def test_all_modules_are_asked_and_those_that_cannot_be_are_told(
    place: Place, agent: Agent, modules: ModuleStore
) -> None:
    created = await modules.create(Module(ObjectMeta(name="node2-mail")))
    await place.knows(created.revision)
    await place.finds(NAME)
    for every in ((), ("-A",)):
        outcome = await place.corvo("errors", *every, *SINCE)
        assert [row[:2] for row in outcome.rows] == [[NAME, "1"]]
        assert "node2-mail: " in outcome.err
        assert outcome.code == 0
    told = {each["module"]: each for each in (await place.corvo("errors", *SINCE, "-o", "json")).json}
    assert (told["node2-mail"]["errors"], told["node2-mail"]["unknown"] != "") == (None, True)
    # One that was named is a failure.
    assert (await place.corvo("errors", "node2-mail")).code != 0
    both = await place.corvo("errors", "-A", "-l", "a=b")
    assert (both.code, "-A" in both.err) == (2, True)


@pytest.mark.usefixtures("refused")
@pytest.mark.parametrize(("columns", "no_color"), [(60, True), (200, False)])
async def test_on_a_terminal_of_any_width(etcd: EmbeddedEtcd, agent: Agent, columns: int, no_color: bool) -> None:
    arguments = ("errors", NAME, *SINCE, "--etcd", etcd.endpoint)
    with on_terminal(*arguments, columns=columns, no_color=no_color) as terminal:
        assert await terminal.ended() == 0
    assert ("\x1b[31m" in terminal.text) == (not no_color)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.text).splitlines()
    text = " ".join(" ".join(lines).split())
    assert f"{NAME}: 3 errors of 2 kinds since" in text
    assert "shop.Refused in pay (shop.py:41) order <n> refused newest: order 8 refused" in text
    # The remark before it is on standard error, a terminal as well here.
    shown = lines[lines.index(next(line for line in lines if " of 2 kinds " in line)) :]
    assert max(map(len, shown)) <= columns
