"""What names a secret is masked, what does not is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.secrets import MASK, _is_secret, is_secret, mask_arguments, mask_json, mask_json_text, mask_text


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
        (["app", "--pass", "hunter2"], ["app", "--pass", "***"]),
        (["app", "DB_PASS=hunter2"], ["app", "DB_PASS=***"]),
        (["java", "-Ddb.pass=hunter2"], ["java", "-Ddb.pass=***"]),
        (["/usr/bin/mysqldump", "-u", "me", "-phunter2", "db"], ["/usr/bin/mysqldump", "-u", "me", "-p***", "db"]),
        (["redis-cli", "-h", "db", "-a", "-hunter2"], ["redis-cli", "-h", "db", "-a", "***"]),
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
    "piece",
    [
        "a",
        "a-",
        "-a",
        "1a",
        '"a',
        "a ",
        "-a ",
        "a:",
        "x://u:",
        "a=",
        "'",
        "authorization ",
        "Aa",
        "a: ",
        "'a': ",
        "basic ",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "\\",
        '\\"a',
        "mysql ",
        "mysql a -p",
        "redis-cli ",
        "a => ",
        "a = ",
        '"name":"a","value":',
        "https://a",
        "x://u:1/",
    ],
)
def test_a_long_argument_is_masked_in_time_that_grows_with_its_length(piece: str) -> None:
    program = piece * (300_000 // len(piece))
    assert mask_arguments(["python", "-c", program])[:2] == ["python", "-c"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("connect secret=abc, retry", "connect secret=***, retry"),
        ("login with password: hunter2 failed", "login with password: *** failed"),
        ("password='a b' for ada", "password=*** for ada"),
        ("options {'password': 'a b', 'n': 1}", "options {'password': '***', 'n': 1}"),
        ("got Bearer abc.def-123 from 10.0.0.1", "got Bearer *** from 10.0.0.1"),
        ("Basic YWRhOmh1bnRlcjI= was sent", "Basic *** was sent"),
        ("sid is eyJhbGciOiJI.eyJzdWIiOiIx.c2ln, ends soon", "sid is ***, ends soon"),
        ("key AKIAIOSFODNN7EXAMPLE is old", "key *** is old"),
        (
            "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nb",
            "a\n-----BEGIN RSA PRIVATE KEY-----***\nb",
        ),
        ("cut -----BEGIN PRIVATE KEY-----\nMIIB", "cut -----BEGIN PRIVATE KEY-----***"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQ", "-----BEGIN PGP PRIVATE KEY BLOCK-----***"),
        ('{"pass":"hunter2"}', '{"pass":"***"}'),
        ('{"authorization":"Bearer hunter"}', '{"authorization":"***"}'),
        ("Cookie: sid=hunter2", "Cookie: ***"),
        ('{"name":"DB_PASSWORD","value":"hunter2"}', '{"name":"DB_PASSWORD","value":"***"}'),
        ("password = hunter2", "password = ***"),
        ("password => 'hunter2', next", "password => ***, next"),
        (r'{"a":"{\"password\":\"hunter2\",\"n\":1}"}', r'{"a":"{\"password\":\"***\",\"n\":1}"}'),
        ("clone https://hunter2@host/x", "clone https://***@host/x"),
        ("postgres://u:p/w@host/db", "postgres://u:***@host/db"),
        ("mysql -u root -phunter2 db", "mysql -u root -p*** db"),
        ("redis-cli -h x -a hunter2 get", "redis-cli -h x -a *** get"),
        ("sk_live_hunter2hunter2", "***"),
        ("SG.hunter2hunter2hunter2.hunter2hunter2hunter2", "***"),
        ("hvs.hunter2hunter2hunter2hunter2", "***"),
        ("pypi-AgEIcHlwaS5vcmchunter2", "***"),
        ("https://hooks.slack.com/services/T00/B00/hunter2", "https://hooks.slack.com/services/***"),
        ("https://x.blob/?sv=1&sig=hunter2", "https://x.blob/?sv=1&sig=***"),
    ],
)
def test_a_text_is_masked_in_place(text: str, expected: str) -> None:
    assert mask_text(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "basic authentication is on",
        "bearer of bad news",
        "token: /run/secrets/token".replace("token:", "token-file:"),
        "at 12:30:15, see http://host:80/a",
        "task-name sk-short, key: value",
        "http://host:80/path?email=a@b",
        "git clone ssh://git@github.com/x, port = 22",
    ],
)
def test_a_text_without_secrets_stays(text: str) -> None:
    assert mask_text(text) == text


def test_json_is_masked_by_names_and_within_texts() -> None:
    value = {
        "environ": {"DB_PASSWORD": "hunter2", "HOME": "/root"},
        "argv": ["app", "--token", "abc", "A_SECRET=x"],
        "secrets": {"one": "a", "n": 2, "on": True, "none": None, "list": ["b"]},
        "count": 3,
        "url": "https://ada:hunter2@host/",
    }
    assert mask_json({"env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "HOME", "value": "/"}]}) == {
        "env": [{"name": "DB_PASSWORD", "value": "***"}, {"name": "HOME", "value": "/"}]
    }
    assert mask_json(value) == {
        "environ": {"DB_PASSWORD": "***", "HOME": "/root"},
        "argv": ["app", "--token", "***", "A_SECRET=***"],
        "secrets": {"one": "***", "n": "***", "on": True, "none": None, "list": ["***"]},
        "count": 3,
        "url": "https://ada:***@host/",
    }


@pytest.mark.parametrize(("name", "secret"), [("accessKeyId", True), ("key", False), ("", False), ("-", False)])
def test_names(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("config", '{"db": {"password": "hunter2", "host": "a"}}', '{"db":{"password":"***","host":"a"}}'),
        ("api_key", '"abc"', '"***"'),
        ("environment", '["A=1", "DB_PASS=x y"]', '["A=1","DB_PASS=***"]'),
        ("url", '"postgres://u:p@h/db"', '"postgres://u:***@h/db"'),
        ("broken", "{password: hunter2", "{password: ***"),
    ],
)
def test_variables_are_shown_without_their_secrets(name: str, text: str, shown: str) -> None:
    assert mask_json_text(text, name) == shown


@pytest.mark.parametrize(
    "text", ['{ "tokens": 12, "keys" : [1.50, 2] }', '{"NumCPUs":16}', "18446744073709551616", "1e400"]
)
def test_numbers_and_what_holds_no_secret_stay_as_they_are_written(text: str) -> None:
    assert mask_json_text(text, "tokens") == text


def test_long_names_are_judged_and_not_kept() -> None:
    before = _is_secret.cache_info().currsize
    for number in range(50):
        assert is_secret(f"x{number}" + "y" * 100_000 + "_password")
        assert not is_secret(f"x{number}" + "y" * 100_000)
    assert _is_secret.cache_info().currsize == before
