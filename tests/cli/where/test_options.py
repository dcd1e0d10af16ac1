"""Where a command looks when several places are named: who says it counts, then what is said."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from corvo_agent.cli.settings.where import Where
from corvo_agent.cli.where.options import agent_options, module_options

GATEWAY, ETCD, ADDRESS = "http://gateway", "http://etcd", "127.0.0.1:9011"
VALUES = {"gateway": GATEWAY, "etcd": ETCD, "address": ADDRESS}


def looked_at(
    said: dict[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, objects: bool = False
) -> Where:
    """Where a command looks; ``objects``: one that needs Module objects."""
    found: list[Where] = []

    @click.command()
    @(module_options if objects else agent_options)
    def command(where: Where) -> None:
        found.append(where)

    file = tmp_path / "corvo.toml"
    file.write_text("".join(f'{place} = "{VALUES[place]}"\n' for place in said["file"]))
    for place in said["environment"]:
        monkeypatch.setenv(f"CORVO_{place.upper()}", VALUES[place])
    line = [word for place in said["line"] for word in (f"--{place}", VALUES[place])]
    command.main([*line, "--config", str(file)], standalone_mode=False)
    return found[0]


@pytest.mark.parametrize(
    ("objects", "line", "environment", "file", "place"),
    [
        (False, "", "", "", ""),
        (False, "", "gateway etcd address", "", "gateway"),
        (False, "", "etcd address", "gateway", "etcd"),
        (False, "", "", "etcd address", "etcd"),
        (False, "", "address", "gateway", "address"),
        (False, "address", "gateway", "etcd", "address"),
        (False, "etcd", "gateway", "", "etcd"),
        (False, "gateway", "etcd", "address", "gateway"),
        # An address is no place of objects unless the line says so.
        (True, "", "address", "etcd", "etcd"),
        (True, "", "address gateway", "", "gateway"),
        (True, "", "address", "", "address"),
        (True, "address", "etcd", "", "address"),
        (True, "etcd", "address", "gateway", "etcd"),
    ],
)
def test_the_nearer_source_counts(
    objects: bool, line: str, environment: str, file: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"line": line.split(), "environment": environment.split(), "file": file.split()}
    where = looked_at(said, tmp_path, monkeypatch, objects=objects)
    found = {"gateway": where.gateway, "etcd": ",".join(where.etcd.urls), "address": where.address}
    assert {name: value for name, value in found.items() if value} == ({place: VALUES[place]} if place else {})


def test_two_places_on_the_line_are_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"line": ["gateway", "etcd"], "environment": [], "file": []}
    with pytest.raises(click.UsageError, match="--gateway and --etcd are two places"):
        looked_at(said, tmp_path, monkeypatch)
