"""What ``corvo writer`` can be told."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.writer.settings import WRITER, WriterSettings
from corvo_agent.writer.writer import ModuleWriter


def test_sources_come_from_the_line_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('source = ["file:/a, b.toml"]\nunit = "pen-*,other"\nlinger = "1h"')
    settings = WRITER.gather({}, {"CORVO_KUBE_CONTEXT": "here"}, str(file)).section(WriterSettings)
    assert (settings.source, settings.unit, settings.linger) == (("file:/a, b.toml",), ("pen-*", "other"), 3600.0)
    assert settings.context == "here"
    line = {"source": ("kubernetes", "systemd,file:x")}
    assert WRITER.gather(line, {}, str(file)).section(WriterSettings).source == ("kubernetes", "systemd", "file:x")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({}, "source: is missing: give --source, CORVO_SOURCE or source in the file; valid: kubernetes, systemd, file"),
        ({"source": "kubernetes", "linger": "-1"}, "--linger: not a duration"),
        ({"source": "kubernetes", "queue": "0"}, "--queue: must be greater than 0"),
        ({"source": "kubernetes", "attempts": "few"}, "--attempts: must be a whole number"),
    ],
)
def test_a_wrong_value_is_named_by_its_option(line: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        WRITER.gather(line, {}).section(WriterSettings)
    assert str(caught.value).startswith(words)


def test_the_program_and_a_writer_of_ones_own_have_the_same_defaults() -> None:
    settings = WriterSettings(source=("kubernetes",))
    named = {"queue_size": settings.queue, "attempts": settings.attempts, "linger": settings.linger, "group": ""}
    declared = inspect.signature(ModuleWriter).parameters
    assert {name: declared[name].default for name in named} == named
