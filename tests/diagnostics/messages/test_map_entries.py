"""The tables that map entries are written with are bounded, and whatever does not fit in them is still written."""

from __future__ import annotations

import pytest

from corvo_agent.diagnostics.messages import payloads


def test_more_keys_than_are_remembered() -> None:
    records = [{f"key {number}": "v", "k" * 5000: str(number)} for number in range(20)]
    records += [{f"key {number}": "v", "k": str(number)} for number in range(3000)]
    assert payloads.decode_logs(payloads.encode_logs(records)) == records


def test_records_of_any_width() -> None:
    records = [{f"key {field}": f"value {number}" for field in range(number)} for number in range(100)]
    assert payloads.decode_logs(payloads.encode_logs(records)) == records


def test_a_value_that_is_no_text_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError):
        payloads.encode_logs([{"a": 1}])  # type: ignore[dict-item]


def test_more_lengths_than_are_remembered() -> None:
    records = [{"k": "x" * number} for number in range(1500)]
    assert payloads.decode_logs(payloads.encode_logs(records)) == records
