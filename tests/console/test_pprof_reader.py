"""Profiles as the page reads them, run by Node, and as Python does: the same trees."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

import corvo_agent.console
from corvo_agent.cli.profiles.flame.data import flame_data
from corvo_agent.cli.profiles.hot_functions import measured
from corvo_agent.profiles.pprof.encoder import encode
from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample, ValueType
from tests.cli.profiles.flame.trees import random_values
from tests.world.machine import needs, program

pytestmark = needs("node")

_READER = (Path(corvo_agent.console.__file__).parent / "profiles" / "pprof.js").as_uri()
_SCRIPT = f"""
import {{ readFileSync }} from "node:fs";
import {{ decode, flameData, gunzip }} from "{_READER}";
const read = async (file) => decode(await gunzip(new Uint8Array(readFileSync(file))));
try {{
  const [now, before] = await Promise.all(process.argv.slice(2).map(read));
  console.log(JSON.stringify([now.comments, now.seconds, flameData(now, "m", {{ before }})]));
}} catch (error) {{
  console.log(JSON.stringify(`${{error.name}}: ${{error.message}}`));
}}
"""
_TYPES = (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))


def read(tmp_path: Path, *profiles: bytes) -> Any:
    """What the page makes of ``profiles``: comments, seconds and tree, or why it cannot be read."""
    script = tmp_path / "read.mjs"
    script.write_text(_SCRIPT, "utf-8")
    files = [tmp_path / f"{number}.pb.gz" for number in range(len(profiles))]
    for file, data in zip(files, profiles, strict=True):
        file.write_bytes(data)
    node = program("node")
    assert node is not None
    done = subprocess.run((node, str(script), *map(str, files)), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def profile(count: int, seed: int) -> Profile:
    """Made-up stacks, among them a deep one, names that are odd, and values as large and as negative as they come."""
    samples = [Sample(stack, (1, value)) for stack, value in random_values(count, seed).samples]
    odd = (Frame("a\u202eb", "/x \u00e9.py", 1), Frame("\U0001f600", "", 0), Frame("<img src=x>", "f.py", 2))
    samples += [
        Sample(tuple(Frame(f"f{depth}") for depth in range(1003)), (1, 7)),
        Sample(odd, (1, -(2**40)), (Label("thread", "main"), Label("age", 5, "seconds"))),
        Sample(odd[:1], (0, 2**52)),
        Sample((), (1, 3)),
        Sample(odd[1:], (1, 0)),
    ]
    return Profile(_TYPES, samples, "cpu", comments=("how it was measured",), duration_ns=1_500_000_000)


def test_a_profile_is_the_same_tree_in_both(tmp_path: Path) -> None:
    now = profile(400, 2)
    comments, seconds, tree = read(tmp_path, encode(now))
    assert (comments, seconds) == (["how it was measured"], 1.5)
    assert tree == orjson.loads(orjson.dumps(flame_data(measured(now), "m").as_json()))


def test_a_comparison_is_the_same_tree_in_both(tmp_path: Path) -> None:
    now, before = profile(300, 2), profile(200, 3)
    tree = read(tmp_path, encode(now), encode(before))[2]
    assert tree == orjson.loads(orjson.dumps(flame_data(measured(now), "m", measured(before)).as_json()))


def test_a_profile_that_is_not_packed_is_read_too(tmp_path: Path) -> None:
    plain = encode(profile(50, 5))
    assert read(tmp_path, gzip.decompress(plain)) == read(tmp_path, plain)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0a\x05ab", "a field without its end"),
        (b"\x80", "a number without its end"),
        (b"\x0a\x00", "text 0 of 0"),
        (b"\x32\x00", "it measures nothing"),
        (b"\x32\x00\x0a\x00\x12\x04\x0a\x01\x07\x10", "a number without its end"),
        (b"\x32\x00\x0a\x00\x12\x05\x0a\x01\x07\x10\x01", "a place 7 that there is not"),
        (b"\x32\x00\x0a\x00\x12\x03\x0a\x01\x07", "a sample with other values than its types"),
    ],
)
def test_what_is_no_profile_is_refused_with_the_reason(tmp_path: Path, data: bytes, why: str) -> None:
    assert read(tmp_path, data).endswith(f"no pprof profile: {why}")
