"""What names a secret is masked, what does not is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.secrets import MASK, is_secret, mask_arguments, mask_text


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["app", "--password=hunter2"], ["app", "--password=***"]),
        (["app", "--password", "hunter2", "run"], ["app", "--password", "***", "run"]),
        (["app", "-db-passwd", "hunter2"], ["app", "-db-passwd", "***"]),
        (["app", "token=abc"], ["app", "token=***"]),
        (["app", "AWS_SECRET_ACCESS_KEY=abc"], ["app", "AWS_SECRET_ACCESS_KEY=***"]),
        (["app", "--apiKey", "abc"], ["app", "--apiKey", "***"]),
        (["app", "--authtoken=abc"], ["app", "--authtoken=***"]),
        (["app", "--dsn", "postgres://me:hunter2@db/x"], ["app", "--dsn", "postgres://me:***@db/x"]),
        (["app", "--dsn=postgres://me:hunter2@db/x"], ["app", "--dsn=postgres://me:***@db/x"]),
        (["app", "http://host/?a=1&token=abc"], ["app", "http://host/?a=1&token=***"]),
        (["curl", "-H", "Authorization: Bearer abc"], ["curl", "-H", "Authorization: ***"]),
        (["curl", "-u", "me:hunter2"], ["curl", "-u", "me:***"]),
        (["curl", "--user=me:hunter2"], ["curl", "--user=me:***"]),
        (["app", '{"password": "a b", "n": 1}'], ["app", '{"password": "***", "n": 1}']),
        (["app", "--password", "-hunter2", "run"], ["app", "--password", "***", "run"]),
        (["curl", "-H", "X-Auth-Token: abc def"], ["curl", "-H", "X-Auth-Token: ***"]),
        (["curl", "-H", "PRIVATE-TOKEN: abc"], ["curl", "-H", "PRIVATE-TOKEN: ***"]),
        (["app", "--dsn", "postgres://me:hun@ter2@db/x"], ["app", "--dsn", "postgres://me:***@db/x"]),
        (["sh", "-c", "app --password hunter2 -v"], ["sh", "-c", "app --password *** -v"]),
        (["app", "--conf", "user=me;password=hunter2"], ["app", "--conf", "user=me;password=***"]),
    ],
)
def test_secrets_are_masked(arguments: list[str], expected: list[str]) -> None:
    assert mask_arguments(arguments) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["python", "-m", "app", "--port=8080", "-v"],
        ["app", "--token-file", "/run/token", "--passwordFile=/run/pw"],
        ["app", "--password", "--verbose"],
        ["app", "--tokenizer=bpe", "--compass", "north", "--keyboard=de"],
        ["app", "-u", "root", "http://host:80/path?a=b"],
    ],
)
def test_the_rest_is_left_alone(arguments: list[str]) -> None:
    assert mask_arguments(arguments) == arguments


@given(st.text(alphabet="abcXYZ019_%!", min_size=1))
def test_no_password_survives(secret: str) -> None:
    shown = mask_arguments(["app", f"--password={secret}", "--token", secret, f"x://u:{secret}@h"])
    assert shown == ["app", f"--password={MASK}", "--token", MASK, f"x://u:{MASK}@h"]


@pytest.mark.parametrize(
    "piece", ["a", "a-", "-a", "1a", '"a', "a ", "-a ", "a:", "x://u:", "a=", "'", "authorization ", "Aa"]
)
def test_a_long_argument_is_masked_in_time_that_grows_with_its_length(piece: str) -> None:
    program = piece * (300_000 // len(piece))
    assert mask_arguments(["python", "-c", program])[:2] == ["python", "-c"]


def test_a_text_is_masked_in_place() -> None:
    assert mask_text("connect secret=abc, retry") == "connect secret=***, retry"


@pytest.mark.parametrize(("name", "secret"), [("accessKeyId", True), ("key", False), ("", False), ("-", False)])
def test_names(name: str, secret: bool) -> None:
    assert is_secret(name) is secret
