"""The page's trees, run by Node, and the same in Python: equal."""

from __future__ import annotations

import json
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import pytest

from corvo_agent.cli.profiles.flame.data import FlameData, flame_data
from corvo_agent.cli.profiles.flame.layout import boxes, hue, shorten
from corvo_agent.profiles.shown.amounts import quantity
from tests.cli.profiles.flame.trees import VALUES, measured, random_values, stack
from tests.world.machine import needs, program

pytestmark = needs("node")

_LAYOUT = """
const tree = new Tree(given);
const box = (_, node) => [node, tree.depth[node], tree.left[node], tree.width[node]];
console.log(JSON.stringify([...tree.parent].map(box)));
"""


def run(script: str, given: Any, tmp_path: Path) -> Any:
    """What ``script`` prints as JSON, with the names of tree.js and ``given`` in it."""
    module = tmp_path / "tree.mjs"
    module.write_text(files("corvo_agent.console").joinpath("flame/tree.js").read_text("utf-8"), "utf-8")
    (tmp_path / "given.json").write_bytes(orjson.dumps(given))
    main = tmp_path / "main.mjs"
    main.write_text(
        'import { readFileSync } from "node:fs";\n'
        'import { Tree, shorten, hue, quantity } from "./tree.mjs";\n'
        f'const given = JSON.parse(readFileSync("{tmp_path}/given.json", "utf8"));\n{script}',
        "utf-8",
    )
    node = program("node")
    assert node is not None
    return json.loads(subprocess.run((node, str(main)), capture_output=True, text=True, check=True).stdout)


DATA = {
    "plain": flame_data(VALUES, "m"),
    "random": flame_data(random_values(300, 2), "m"),
    "change": flame_data(random_values(300, 2), "m", random_values(200, 3)),
    "empty": flame_data(measured(), "m"),
    "deep": flame_data(measured((stack("again") * 900, 3)), "m"),
}


@pytest.mark.parametrize("data", DATA.values(), ids=DATA)
def test_boxes_lie_where_those_of_the_picture_lie(data: FlameData, tmp_path: Path) -> None:
    assert run(_LAYOUT, data.as_json(), tmp_path) == [list(box) for box in boxes(data)]


def test_names_hues_and_quantities_are_those_of_the_picture(tmp_path: Path) -> None:
    names = [
        "shop.views.View.get",
        "github.com/acme/shop.(*Server).Handle",
        "x" * 30,
        "ends.",
        "",
        "\u00fc.\U0001f600.\u65e5",
    ]
    cases = [(name, letters) for name in names for letters in range(0, 40, 3)]
    script = "console.log(JSON.stringify(given.map(([name, letters]) => [shorten(name, letters), hue(name)])));"
    assert run(script, cases, tmp_path) == [[shorten(name, letters), hue(name)] for name, letters in cases]
    values = [
        (value, unit)
        for value in (0, 1, 999, 1234567, 2**31, 10**12)
        for unit in ("nanoseconds", "bytes", "count", "x")
    ]
    script = "console.log(JSON.stringify(given.map(([value, unit]) => quantity(value, unit))));"
    assert run(script, values, tmp_path) == [quantity(value, unit) for value, unit in values]


def test_a_sandwich_adds_up_all_places(tmp_path: Path) -> None:
    data = flame_data(
        measured(
            (stack("leaf", "f", "a"), 5), (stack("leaf", "f", "b"), 7), (stack("f", "f", "a"), 2), (stack("other"), 1)
        ),
        "m",
    )
    script = """
    const tree = new Tree(given);
    const fn = given.functions.findIndex(([name]) => name === "f");
    const rows = (made) => made.data.nodes.map(([parent, _, value], node) => [parent, made.name(node), value]);
    console.log(JSON.stringify({
      callers: rows(tree.callers(fn)),
      callees: rows(tree.callees(fn)),
      value: tree.valueOf(tree.search("F")),
      top: tree.top().map((row) => [given.functions[row.function][0], row.own, row.total]),
      none: tree.search(" ").size,
    }));
    """
    found = run(script, data.as_json(), tmp_path)
    assert found["callers"] == [[-1, "f", 14], [0, "a", 7], [0, "b", 7]]
    assert found["callees"] == [[-1, "f", 14], [0, "f", 2], [0, "leaf", 12]]
    # "leaf" has an f, too, inside of f: nothing counts twice.
    assert found["value"] == 14
    assert found["top"] == [["leaf", 12, 12], ["f", 2, 14], ["other", 1, 1], ["a", 0, 7], ["b", 0, 7]]
    assert found["none"] == 0
