"""``corvo gateway``: what is unsafe or missing is refused before anything is served."""

from __future__ import annotations

import pytest

from tests.cli.kit import run_here


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "--etcd"),
        (["--etcd", "http://127.0.0.1:1", "--listen", "0.0.0.0:0"], "--token-file"),
        (["--etcd", "http://127.0.0.1:1", "--listen", "nowhere"], "HOST:PORT"),
        (["--etcd", "http://127.0.0.1:1", "--allow-network", "10.0.0.1/8"], "allow-network"),
        (["--etcd", "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--token-file", "/none"], "token-file"),
        (["--nonsense"], "nonsense"),
    ],
)
def test_wrong_usage(arguments: list[str], text: str) -> None:
    outcome = run_here("gateway", *arguments)
    assert outcome.code == 2
    assert text in outcome.err


def test_help_names_every_option() -> None:
    outcome = run_here("gateway", "--help-all")
    assert outcome.code == 0
    shown = outcome.out
    for option in ("--listen", "--grpc-listen", "--token-file", "--allow-network", "--insecure", "--etcd"):
        assert option in shown
