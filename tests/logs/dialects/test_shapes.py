"""Every shape of the table is read with its severity, its time and its message, by one line of it and in a file."""

from __future__ import annotations

from datetime import UTC

import pytest

from corvo_agent.logs.dialects.dialect import UNKNOWN, find_dialect
from corvo_agent.logs.dialects.fields import Field, text_of
from corvo_agent.logs.dialects.line_reader import LineReader
from corvo_agent.logs.dialects.text_forms import FORMS

from .shapes import SECOND, SHAPES, Shape

_NOW = (SECOND + 3600) * 10**9


def test_the_table_is_large_enough() -> None:
    assert len(SHAPES) >= 100
    assert len({shape.source for shape in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_shape_is_read(shape: Shape) -> None:
    line = shape.line.encode()
    reader = LineReader(find_dialect([line] * 3), UTC, _NOW)
    document = reader.read(line)
    assert document is not None
    time = reader.time(document)
    message = text_of(document, Field.MESSAGE)
    assert reader.severity(document) is shape.severity
    assert (time is not None and time // 10**9 == SECOND) is shape.timed
    assert message is not None
    assert message[1] == shape.message


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_shape_is_read_in_a_file_of_another_one_too(shape: Shape) -> None:
    weak = {form.name for form in FORMS if form.weak}
    line = shape.line.encode()
    dialect = find_dialect([line] * 3)
    if dialect.name in weak or shape.source in ("Google Cloud Logging, numbers", "OpenTelemetry, number alone"):
        return  # what such a line says depends on its neighbours
    reader = LineReader(UNKNOWN, UTC, _NOW)
    document = reader.read(line)
    assert document is not None
    if dialect.row.absent is None:
        assert reader.severity(document) is shape.severity
    time = reader.time(document)
    assert (time is not None and time // 10**9 == SECOND) is shape.timed
