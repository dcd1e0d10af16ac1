from __future__ import annotations

from pathlib import Path

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.levels.level import Level
from corvo_agent.sidecar.hooks.protocol import LevelChange
from corvo_agent.sidecar.hooks.spec import parse_level_hook

from ..servers import Recorder, serving


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("zap:http://127.0.0.1:8080/log/level", "PUT http://127.0.0.1:8080/log/level"),
        ("Spring:http://h/actuator/loggers", "POST http://h/actuator/loggers/ROOT"),
        ("envoy: http://h:9901/", "POST http://h:9901/logging"),
        ("http:put http://h/level {level}", "PUT http://h/level"),
        ("file:/etc/app/level", "file /etc/app/level"),
        ("exec:/usr/bin/appctl set {level}", "exec /usr/bin/appctl"),
        ("signal:*=USR2,Debug=SIGUSR1", "signal Debug=SIGUSR1,Info=SIGUSR2,Warn=SIGUSR2,Error=SIGUSR2,None=SIGUSR2"),
        ("signal:debug=usr1", "signal Debug=SIGUSR1"),
    ],
)
def test_a_line_of_text_is_a_hook(text: str, name: str) -> None:
    hook = parse_level_hook(text, lambda: None)
    assert sorted(hook.name.split(",")) == sorted(name.split(","))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("envoy:http://h:9901/?x=1", "without a query"),
        ("spring:http://h/actuator/loggers?x", "without a query"),
        ("zap:http://h:65536/level", "not an http or https URL of a host"),
        ("zap:http://h:0/level", "not an http or https URL of a host"),
        ("zap:http://h:port/level", "not an http or https URL of a host"),
        ("zap:http://user:p/w@h/level", "not an http or https URL of a host"),
        ("zap:http://[::1/level", "not an http or https URL of a host"),
        ("http:PUT http://h/level#x {level}", "not an http or https URL of a host"),
        ("http:PUT ftp://h/level", "not an http or https URL of a host"),
    ],
)
def test_urls_that_could_not_work_are_refused_at_the_start(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        parse_level_hook(text)
    assert "p/w" not in str(caught.value)


def test_a_query_stays_where_the_whole_url_is_given() -> None:
    assert parse_level_hook("zap:http://h/level?x=1").name == "PUT http://h/level"


async def test_headers_names_and_quotes_come_through() -> None:
    server = Recorder()
    async with serving(server) as url:
        text = f"""http:POST {url}/x '{{"level": "{{level}}"}}' -H 'X-Token: a b' -l warn=warning,None=off"""
        hook = parse_level_hook(text)
        for level in (Level.WARN, Level.NONE, Level.INFO):
            await hook.set_level(LevelChange(level))
        await parse_level_hook(f"zap:{url} -H 'Authorization: Bearer t'").set_level(LevelChange(Level.INFO))
    assert [seen["body"] for seen in server.requests[:3]] == [
        '{"level": "warning"}',
        '{"level": "off"}',
        '{"level": "info"}',
    ]
    assert server.requests[0]["headers"]["X-Token"] == "a b"
    assert server.requests[3]["headers"]["Authorization"] == "Bearer t"


async def test_the_text_of_a_file(tmp_path: Path) -> None:
    hook = parse_level_hook(rf"file:{tmp_path}/level 'level={{LEVEL}}\n' -l info=notice")
    await hook.set_level(LevelChange(Level.INFO))
    assert (tmp_path / "level").read_text() == "level=NOTICE\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zap",
        "zap:",
        "nothing:http://h",
        "zap:http://h http://i",
        "zap:ftp://h",
        "http:http://h/x",
        "http:P0T http://h/x",
        "http:PUT http://h/x a b",
        "http:PUT http://h/x -H",
        "http:PUT http://h/x -l",
        "http:PUT http://h/x -l loud=x",
        "http:PUT http://h/x '",
        "http:PUT http://h/x {lvl}",
        "signal:Debug=NOPE",
        "signal:Debug",
        "signal:loud=USR1",
        "signal:Debug=KILL",
        "file:a b c",
        "exec:{level}",
    ],
)
def test_text_that_is_no_hook_is_an_error_for_people(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_level_hook(text, lambda: None)


def test_a_signal_needs_a_target() -> None:
    with pytest.raises(ConfigError, match="needs to know the target's process"):
        parse_level_hook("signal:Debug=USR1")


def test_no_error_shows_a_secret() -> None:
    for text in ("zap:http://h -H 'X: secret' extra", "http:PUT ftp://u:secret@h/ -H 'X: secret'", "exec:'secret"):
        with pytest.raises(ConfigError) as caught:
            parse_level_hook(text)
        assert "secret" not in str(caught.value)
