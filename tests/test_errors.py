"""Errors carry fields, say what was wrong, and know the exit code of the command line."""

from __future__ import annotations

import pickle
import socket
import ssl

import pytest

from corvo_agent import errors

EXAMPLES = [
    (errors.InvalidArgument("lines", "-1", "not a positive number"), "lines: not a positive number, got '-1'", 2),
    (
        errors.InvalidArgument("level", "x", "unknown", ("Info", "Warn")),
        "level: unknown, got 'x'; valid: Info, Warn",
        2,
    ),
    (errors.InvalidArgument("action", None, "is missing"), "action: is missing", 2),
    (errors.ConfigError("listn", None, "unknown key"), "listn: unknown key", 2),
    (errors.ValidationFailed("Module", ["a is empty", "b is too long"]), "Module: a is empty; b is too long", 2),
    (errors.PreconditionFailed("no instance of [m1]"), "no instance of [m1]", 1),
    (errors.WrongModule("m2", "m1"), "this is the agent of m1, not of m2", 1),
    (errors.NotFound("module", "m1"), "module m1 not found", 3),
    (errors.NotFound("module", ""), "module '' not found", 3),
    (errors.NotFound("log file", "a.log", "no such file"), "log file a.log not found: no such file", 3),
    (errors.AlreadyExists("module", "m1"), "module m1 already exists", 1),
    (errors.VersionConflict("m1", 4), "m1 was changed by another client: expected resource version 4", 1),
    (
        errors.VersionConflict("m1", 4, 7),
        "m1 was changed by another client: expected resource version 4, it is at 7",
        1,
    ),
    (errors.PermissionRefused("etcd", "bad password"), "etcd refused: bad password", 5),
    (errors.ResourceExhausted("message bytes", 4, 5), "message bytes: at most 4, got 5", 1),
    (errors.ResourceExhausted("queries at once", 16), "queries at once: at most 16", 1),
    (errors.Busy("profiles at once", 8, 2.4), "profiles at once: at most 8; try again in 2 s", 1),
    (errors.Unavailable("127.0.0.1:1", "refused"), "127.0.0.1:1 is unavailable: refused", 4),
    (errors.DeadlineExceeded("etcd", 2.5), "etcd: no answer within 2.5 s", 4),
    (errors.Compacted(3, 9), "revision 3 is compacted, the oldest one kept is 9", 1),
    (errors.DecodeError("key k at revision 5", "not JSON"), "key k at revision 5: not JSON", 1),
    (errors.Unsupported("py-spy", "install it"), "py-spy is not possible here: install it", 1),
    (errors.RemoteError("a:1", "UNKNOWN", "boom"), "a:1 answered UNKNOWN: boom", 1),
    (errors.OtherAgent("a:1", "no", "m2"), "a:1 answered FAILED_PRECONDITION: no", 1),
    (errors.ProxyRefused("https://a:1", 403, "no"), "https://a:1 answered HTTP 403: no", 5),
]


@pytest.mark.parametrize(("error", "text", "code"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_text_and_exit_code(error: errors.CorvoError, text: str, code: int) -> None:
    assert str(error) == text
    assert error.exit_code == code


@pytest.mark.parametrize("error", [example[0] for example in EXAMPLES], ids=lambda e: type(e).__name__)
def test_an_error_survives_pickling(error: errors.CorvoError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))


def test_a_long_value_does_not_fill_the_line() -> None:
    error = errors.InvalidArgument("grep", "x" * 1_000_000, "too long")
    assert len(str(error)) < 200
    assert errors.shorten("short") == "short"
    assert len(errors.shorten("y" * 500, 80)) == 80


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9)"), "Connection refused"),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed ('::1'), [Errno 111] Connect call failed"),
            "Connection refused",
        ),
        (
            OSError("Multiple exceptions: [Errno 111] Connect call failed, [Errno 101] Connect call failed"),
            "Multiple exceptions: [Errno 111] Connect call failed, [Errno 101] Connect call failed",
        ),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
        (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number"), "wrong version number"),
        (ConnectionResetError("Connection lost"), "Connection lost"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_systems_reason_is_told_without_the_address(error: Exception, reason: str) -> None:
    assert errors.system_reason(error).endswith(reason)
