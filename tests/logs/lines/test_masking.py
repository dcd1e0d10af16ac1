"""Secrets leave no log: not in records, not in raw lines, and not by what matches."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import ConfigError
from corvo_agent.logs.lines.marker import RAW, RAW_BYTES
from corvo_agent.logs.lines.masking import Masker
from corvo_agent.logs.search.conditions import FieldCondition
from corvo_agent.logs.search.query import LogQuery
from corvo_agent.logs.search.reader import LogReader
from corvo_agent.logs.tail.tailer import LogTailer
from corvo_agent.secrets import mask_text
from tests.test_secrets import test_a_text_is_masked_in_place as shapes

MASKER = Masker()
# What tests/test_secrets.py holds the masking of texts to: each of them has to be suspected as well.
SHAPES = [text for text, _ in shapes.pytestmark[0].args[1]]  # type: ignore[attr-defined]
LINES = [
    b'{"level":"info","msg":"login","password":"hunter2","user":"ada"}\n',
    b'{"level":"info","msg":"connected to postgres://u:hunter2@db/x"}\n',
    b'{"level":"info","msg":"nested","db":{"pass":"hunter2","host":"db"}}\n',
    b"2026-01-02T03:04:05Z INFO token=hunter2 was taken\n",
    b'{"level":"info","p\\u0061ssword":"hunter2"}\n',
    b'{"level":"info","msg":"bytes \xff password=hunter2"}\n',
    b'{"level":"info","msg":"nothing to hide","user":"hunter"}\n',
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_bytes(b"".join(LINES))
    return path


async def found(log: Path, **asked: object) -> list[dict[str, str]]:
    query = LogQuery(masker=MASKER, **asked)  # type: ignore[arg-type]
    async with LogReader(str(log)) as reader:
        return (await reader.read(query)).records


@pytest.mark.parametrize("text", SHAPES)
def test_whatever_is_masked_is_suspected(text: str) -> None:
    assert mask_text(text) != text
    assert MASKER.may_hold(text.encode())


@given(
    st.text(max_size=40), st.sampled_from(["password=", "x://u:", '"token":"', "Bearer 1", "-pX"]), st.text(max_size=40)
)
def test_what_is_not_suspected_has_nothing_to_mask(before: str, middle: str, after: str) -> None:
    for text in (before + after, before + middle + after):
        if not MASKER.may_hold(text.encode("utf-8", "surrogatepass")):
            assert mask_text(text) == text


async def test_records_and_raw_lines_are_masked(log: Path) -> None:
    records = await found(log, raw=True)
    assert len(records) == len(LINES)
    shown = json.dumps(records) + "".join(
        base64.b64decode(record.get(RAW_BYTES, "")).decode("utf-8", "replace") for record in records
    )
    assert "hunter2" not in shown
    assert records[0]["password"] == "***"
    assert records[0]["user"] == "ada"
    assert json.loads(records[2]["db"]) == {"pass": "***", "host": "db"}
    assert records[-1][RAW] == LINES[-1].decode().rstrip("\n")


@pytest.mark.parametrize(
    "asked",
    [
        {"grep": "hunter2"},
        {"grep": "hunt.r[0-9]"},
        {"fixed": "hunter2"},
        {"fields": (FieldCondition.parse("password=hunter2"),)},
        {"fields": (FieldCondition.parse("password~^h"),)},
        {"fields": (FieldCondition.parse("db.pass=hunter2"),)},
    ],
    ids=str,
)
async def test_what_is_masked_is_not_found(log: Path, asked: dict[str, object]) -> None:
    assert await found(log, **asked) == []


async def test_a_condition_that_excludes_a_secret_tells_nothing_either(log: Path) -> None:
    right = await found(log, fields=(FieldCondition.parse("password!=hunter2"),))
    wrong = await found(log, fields=(FieldCondition.parse("password!=other"),))
    assert right == wrong


async def test_the_rest_of_such_lines_is_found(log: Path) -> None:
    assert [record["user"] for record in await found(log, grep="login")] == ["ada"]
    assert [record["user"] for record in await found(log, grep="hunter\\b")] == ["hunter"]
    assert [record["msg"] for record in await found(log, fields=(FieldCondition.parse("user=ada"),))] == ["login"]


async def test_followed_lines_are_masked(log: Path) -> None:
    query = LogQuery(lines=100, masker=MASKER)
    async with LogTailer(str(log)) as tailer:
        batches = tailer.follow(query)
        batch = await anext(batches)
        await batches.aclose()
    assert "hunter2" not in json.dumps(batch)


def test_patterns_of_ones_own_and_cards() -> None:
    masker = Masker(["ID-\\d+", "grün"], cards=True)
    assert masker.text("saw ID-42, grün, 4111 1111 1111 1111 and 4111111111111112") == (
        "saw ***, ***, *** and 4111111111111112"
    )
    assert masker.may_hold("grün".encode())
    assert masker.line(b"\xff ID-7") == b"\xff ***"
    assert Masker().text("4111 1111 1111 1111") == "4111 1111 1111 1111"
    # A number in a path or a time is none.
    for text in ("at 1735689600000000000", "id 94111111111111111", "v4.111111111111111"):
        assert Masker(cards=True).text(text) == text
    with pytest.raises(ConfigError, match="mask-pattern"):
        Masker(["("])
