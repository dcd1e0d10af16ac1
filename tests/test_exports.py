"""What is public is there, and importing the package costs nothing that is not used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import corvo_agent


@pytest.mark.parametrize("name", corvo_agent.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(corvo_agent, name) is not None


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        corvo_agent.no_such_name  # noqa: B018
    assert dir(corvo_agent) == sorted(corvo_agent.__all__)


def test_importing_the_package_imports_no_client_of_etcd_nor_of_grpc() -> None:
    program = "import sys, corvo_agent; print([m for m in ('aiohttp', 'etcd3', 'grpclib') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
