"""``corvo context``: places by name, before and behind the command."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cli.kit import run_here


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the person's own file will be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "corvo" / "config.toml"


@pytest.fixture
def closed() -> str:
    """A URL at which nothing listens, and nothing will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{bound.getsockname()[1]}"


def test_the_chosen_context_counts_until_something_nearer_says_another_place(own: Path, closed: str) -> None:
    assert run_here("context", "add", "prod", "--gateway", closed).code == 0
    added = run_here("context", "add", "lab", "--etcd", "http://127.0.0.1:1", "--timeout", "2s")
    assert added.err == f"{own}: lab counts from now on\n"
    assert run_here("context", "use", "prod").code == 0
    listed = run_here("context", "list")
    assert listed.rows == [["*prod", f"gateway {closed}"], ["lab", "etcd http://127.0.0.1:1"]]
    assert run_here("context", "list", "-o", "json").json["chosen"] == "prod"
    for arguments in (
        ("modules", "list"),
        ("--context", "prod", "modules", "list"),
        ("modules", "list", "--context", "prod"),
    ):
        outcome = run_here(*arguments)
        assert (outcome.code, f"{closed} is unavailable" in outcome.err) == (4, True), outcome.err
    outcome = run_here("--context", "lab", "modules", "list")
    assert "http://127.0.0.1:1 is unavailable" in outcome.err
    outcome = run_here("modules", "list", "--gateway", "http://127.0.0.1:1")
    assert "http://127.0.0.1:1 is unavailable" in outcome.err


def test_what_is_wrong_is_told(own: Path) -> None:
    assert "holds none: corvo context add NAME --gateway URL" in run_here("context", "list").err
    for arguments, words in {
        ("context", "add", "x"): "context: say where it leads",
        ("context", "add", "x", "--gateway", "http://h", "--gateway-token", "t"): "--gateway-token: a secret belongs",
        ("context", "add", "x", "--gateway", ""): "--gateway: is empty",
        ("context", "use", "x"): "context: not in",
        ("--context", "x", "modules", "list"): "context: not in",
        ("modules", "list", "--context", "x", "--config", "y.toml"): "--config and --context are two places",
    }.items():
        outcome = run_here(*arguments)
        assert (outcome.code, words in outcome.err) == (2, True), (arguments, outcome.err)
    assert not own.exists()
