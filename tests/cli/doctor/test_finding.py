"""A check that failed says what to do, and something else where permission is missing."""

from __future__ import annotations

from corvo_agent.cli.doctor.finding import Finding, Verdict, fault_of
from corvo_agent.errors import PermissionRefused, Unavailable


def test_what_to_do_depends_on_what_failed() -> None:
    away, refused = Unavailable("h:1", "gone"), PermissionRefused("h:1", "no")
    assert fault_of("etcd", away, "start it", "ask") == Finding("etcd", Verdict.FAULT, str(away), "start it")
    assert fault_of("etcd", refused, "start it", "ask").do == "ask"
