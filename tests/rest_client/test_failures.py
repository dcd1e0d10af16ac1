"""Refusals of a gateway become the errors that the same call raises straight: the tables of both are held together."""

from __future__ import annotations

import orjson
import pytest

from corvo_agent import errors
from corvo_agent.gateway.objects.errors import Action, failure
from corvo_agent.rest_client.failures import Refusal, error_of
from corvo_agent.secrets import mask_text

URL, NAME = "http://gateway", "node1-pen-npm"


def there_and_back(error: errors.CorvoError, action: Action) -> errors.CorvoError:
    found = failure(error, action, NAME)
    return error_of(Refusal.read(found.http, orjson.dumps(found.body())), URL, found.http, NAME)


EVERYWHERE = (
    errors.NotFound("module", NAME),
    errors.InvalidArgument("label-selector", "=", "no"),
    errors.ValidationFailed("Module", ["one", "two"]),
    errors.Unavailable("127.0.0.1:1", "refused"),
    errors.DeadlineExceeded("127.0.0.1:1", 3),
)
OF_WRITES = (errors.AlreadyExists("module", NAME), errors.VersionConflict(NAME, 7, 8))
OF_AGENTS = (
    errors.RemoteError("127.0.0.1:1", "INVALID_ARGUMENT", "lines: no"),
    errors.RemoteError("127.0.0.1:1", "NOT_FOUND", "log file x not found"),
    errors.RemoteError("127.0.0.1:1", "UNKNOWN", "no idea"),
    *(errors.ProxyRefused("https://127.0.0.1:1", status, "no") for status in (400, 401, 403, 404, 418, 500, 503, 504)),
)


@pytest.mark.parametrize(
    ("error", "action"),
    [
        *((error, action) for error in EVERYWHERE for action in Action),
        *((error, Action.WRITE) for error in OF_WRITES),
        *((error, Action.DEBUG) for error in OF_AGENTS),
    ],
)
def test_the_exit_code_survives(error: errors.CorvoError, action: Action) -> None:
    assert there_and_back(error, action).exit_code == error.exit_code


@pytest.mark.parametrize("action", Action)
def test_a_body_that_cannot_be_read_is_wrong_usage(action: Action) -> None:
    assert there_and_back(errors.DecodeError("request body", "unexpected EOF"), action).exit_code == 2


@pytest.mark.parametrize(
    ("error", "action", "text"),
    [
        (errors.NotFound("module", NAME), Action.DEBUG, f"module {NAME} not found"),
        (errors.NotFound("module", NAME), Action.READ, f"module {NAME} not found"),
        (errors.AlreadyExists("module", NAME), Action.WRITE, f"module {NAME} already exists"),
        (
            errors.RemoteError("127.0.0.1:1", "INVALID_ARGUMENT", "lines: no"),
            Action.DEBUG,
            f"{NAME} answered INVALID_ARGUMENT: lines: no",
        ),
        (
            errors.Unavailable("127.0.0.1:1", "refused"),
            Action.DEBUG,
            f"the agent of {NAME} is unavailable: 127.0.0.1:1 is unavailable: refused",
        ),
        (
            errors.DeadlineExceeded("127.0.0.1:1", 2.5),
            Action.DEBUG,
            f"the agent of {NAME}: no answer within 2.5 s",
        ),
        (
            errors.Unavailable("http://etcd", "refused"),
            Action.WRITE,
            "the store behind the gateway is unavailable: http://etcd is unavailable: refused",
        ),
        (
            errors.PreconditionFailed(f"unable to locate service instance for module [{NAME}]"),
            Action.DEBUG,
            f"agent of module {NAME} not found: it has announced no address: is it running?",
        ),
        (errors.PreconditionFailed("invalid service name [x]"), Action.DEBUG, "invalid service name [x]"),
        (errors.ValidationFailed("Module", ["a", "b"]), Action.WRITE, f"{URL} answered INVALID_ARGUMENT: a; b"),
    ],
)
def test_the_words_are_those_that_help(error: errors.CorvoError, action: Action, text: str) -> None:
    assert str(there_and_back(error, action)) == text


def test_a_missing_token_is_told_with_the_option_that_gives_one() -> None:
    body = b'{"kind":"Status","result":{"Str":"Authentication failed"},"message":["Not authenticated"]}'
    assert "--gateway-token-file FILE" in str(error_of(Refusal.read(401, body), URL, 401))


@pytest.mark.parametrize("status", [401, 403])
def test_masking_leaves_the_option_that_gives_another_token_alone(status: int) -> None:
    """A bundle tells it as the reason why something is missing."""
    text = str(
        error_of(Refusal(status, "Authorization failed", "not authorized: it takes the role reader"), URL, status)
    )
    assert "--gateway-token-file FILE" in mask_text(text) == text


def test_a_conflict_is_one() -> None:
    assert isinstance(there_and_back(errors.VersionConflict(NAME, 7), Action.WRITE), errors.VersionConflict)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b'{"kind":"Status","result":{"Str":"Authentication failed"},"message":["Not authenticated"]}', 5),
        (403, b'{"kind":"Status","result":{"Str":"Authorization failed"},"message":["not authorized"]}', 5),
        (401, b"<html>", 5),
        (404, b"404 page not found", 1),
        (404, b'{"kind":"","result":{"Str":"Not Found"},"message":["request error: Not Found"],"code":404}', 1),
        (502, b"bad gateway", 4),
        (504, b"", 4),
        (302, b"", 1),
        (500, b'{"message":"text"}', 1),
        (500, b"[]", 1),
    ],
)
def test_what_is_before_a_gateway_or_none_is_told_apart(status: int, body: bytes, code: int) -> None:
    error = error_of(Refusal.read(status, body), URL, status, NAME)
    assert error.exit_code == code
    assert URL in str(error)
