"""The console's modules without a page: their types, their form, and the language of the filter."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path

import pytest

import corvo_agent.console.assets
from corvo_agent.modules.selectors.labels import parse_label_selector
from tests.world.machine import needs, program

CONSOLE = Path(corvo_agent.console.assets.__file__).parent


@needs("npm")
def test_types_and_form_are_sound(tmp_path: Path) -> None:
    for path in CONSOLE.rglob("*.*"):
        if path.suffix in (".js", ".css", ".json"):
            (tmp_path / path.relative_to(CONSOLE)).parent.mkdir(exist_ok=True)
            (tmp_path / path.relative_to(CONSOLE)).write_bytes(path.read_bytes())
    npm = str(program("npm"))
    run(npm, "install", "--no-audit", "--no-fund", "--no-package-lock", folder=tmp_path)
    run(npm, "run", "check", folder=tmp_path)


@needs("node")
def test_the_filter_reads_label_selectors_as_the_api_does(tmp_path: Path) -> None:
    conditions = ["team=shop", "team==net", "team!=shop", "team in (shop,net)", "team notin (shop)", "!team", "tier>1"]
    selectors = [*conditions, *(f"{one},{other}" for one, other in product(conditions, repeat=2))]
    labels = [{}, {"team": "shop"}, {"team": "net", "tier": "2"}, {"team": "", "tier": "1"}, {"tier": "x"}]
    script = tmp_path / "filter.mjs"
    script.write_text(
        f'import {{ parseFilter }} from "{CONSOLE.as_uri()}/fleet/filter.js";\n'
        f"const labels = {json.dumps(labels)}.map((each) => ({{ labels: each }}));\n"
        f"console.log(JSON.stringify({json.dumps(selectors)}.map((text) => labels.map(parseFilter(text)))));\n"
    )
    found = json.loads(run(str(program("node")), str(script)))
    for selector, holds in zip(selectors, found, strict=True):
        expected = parse_label_selector(selector)
        assert expected is not None
        assert holds == [expected(each) for each in labels], selector


def run(*command: str, folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command[:3])}: {done.stdout[-4000:]}{done.stderr[-2000:]}")
    return done.stdout
