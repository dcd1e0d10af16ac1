"""``corvo logs``: lines of one module and of several, filtered by the agent, shown in order."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import yaml

from corvo_agent.agent.agent import Agent
from corvo_agent.diagnostics.handlers.log import LogHandler
from corvo_agent.diagnostics.server.server import DiagnosticsServer
from corvo_agent.diagnostics.service import DiagnosticsService
from corvo_agent.embedded import EmbeddedEtcd
from corvo_agent.logs import ReadLimits
from corvo_agent.modules.announcing.endpoint import Endpoint, encode_endpoint, endpoint_key
from corvo_agent.modules.model import Module, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.kit import corvo
from tests.cli.place import Place
from tests.cli.terminal import on_terminal

NAME = "node1-pen-npm"


def write(log_file: Path, content: str | bytes) -> None:
    log_file.write_bytes(content if isinstance(content, bytes) else content.encode())


async def messages(agent: Agent, *arguments: str) -> list[str]:
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "json", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    return [json.loads(line)["msg"] for line in outcome.out.splitlines()]


async def test_lines_are_shown_oldest_first(agent: Agent, place: Place) -> None:
    outcome = await place.corvo("logs", NAME)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "2026-11-23T04:02:05Z DEBUG looking",
        "2026-11-23T04:02:06Z INFO  connected peer=10.0.0.1",
        '2026-11-23T04:02:06.5Z ERROR lost error="timed out"',
    ]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ("-n 1", ["lost"]),
        ("--level info", ["connected", "lost"]),
        ("--grep l[o]+", ["looking", "lost"]),
        ("--fixed connected", ["connected"]),
        ("--field peer=10.0.0.1", ["connected"]),
        ("--field error~^timed --level error", ["lost"]),
        ("--fixed connected -C 1", ["looking", "connected", "lost"]),
        ("--order desc", ["lost", "connected", "looking"]),
        ("--from 1 -n 1", ["connected"]),
        ("-n all", ["looking", "connected", "lost"]),
        ("-n all --order desc", ["lost", "connected", "looking"]),
        ("--since 1795406526 --until 1795406526100", ["connected"]),
        ("--trace 4BF92F", []),
        ("--since 2026-11-23T04:02:06Z --until 2026-11-23T04:02:06.2Z", ["connected"]),
    ],
)
async def test_the_agent_filters(agent: Agent, arguments: str, found: list[str]) -> None:
    assert await messages(agent, *arguments.split()) == found


async def test_columns_are_what_comes_back(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "json", "--columns", "msg,peer")
    assert json.loads(outcome.out.splitlines()[1]) == {"msg": "connected", "peer": "10.0.0.1"}


async def test_a_wrong_parameter_is_wrong_usage_in_the_words_of_the_agent(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, "--level", "loud")
    assert (outcome.code, outcome.out) == (2, "")
    assert "level" in outcome.err


@pytest.mark.parametrize(
    ("terminal", "no_colour", "arguments", "coloured"),
    [
        (True, "", (), True),
        (True, "1", (), False),
        (False, "", (), False),
        (False, "1", ("--color", "always"), True),
        (True, "", ("--color", "never"), False),
    ],
)
async def test_colours(
    agent: Agent,
    terminal: bool,
    no_colour: str,
    arguments: tuple[str, ...],
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", no_colour)
    monkeypatch.setenv("TERM", "xterm")
    outcome = await corvo("logs", NAME, "--address", agent.address, *arguments, terminal=terminal)
    assert ("\x1b[31m" in outcome.out) is coloured


async def test_traces_are_found_whatever_their_field_is_called(agent: Agent, log_file: Path) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    lines = (
        f'{{"level":"info","msg":"otel","trace_id":"{trace}"}}',
        f'{{"severity":"INFO","message":"gcp","logging.googleapis.com/trace":"projects/p/traces/{trace}"}}',
        f'{{"level":"info","msg":"w3c","traceparent":"00-{trace}-00f067aa0ba902b7-01"}}',
        f'{{"level":"info","message":"ecs","trace":{{"id":"{trace.upper()}"}}}}',
        f'{{"level":"info","msg":"said: {trace}"}}',
        f"level=info msg=logfmt traceID={trace}",
        '{"level":"info","msg":"other","trace_id":"00"}',
    )
    write(log_file, "".join(f"{line}\n" for line in lines))
    outcome = await corvo("logs", NAME, "--address", agent.address, "--trace", trace)
    assert [line.split()[1] for line in outcome.out.splitlines()] == ["otel", "gcp", "w3c", "ecs", "logfmt"]


async def test_raw_lines_are_those_of_the_file(agent: Agent, log_file: Path, place: Place) -> None:
    content = b'{"level":"info","msg":"first"}\nno json \xff\x1b[31m\n{"n": 1.50,  "msg":"last"}\n'
    write(log_file, content)
    assert (await place.corvo("logs", NAME, "-o", "raw")).raw == content
    on_terminal = await place.corvo("logs", NAME, "-o", "raw", terminal=True)
    assert on_terminal.raw == content.replace(b"\xff\x1b", "\ufffd\\x1b".encode())


async def test_json_has_numbers_unless_strings_are_wanted(agent: Agent, log_file: Path, place: Place) -> None:
    write(log_file, '{"level":50,"msg":"m","n":1,"t":"1","o":{"a":[2]}}\n')
    (line,) = (await place.corvo("logs", NAME, "-o", "json")).out.splitlines()
    assert json.loads(line).items() >= {"level": 50, "n": 1, "t": "1", "o": {"a": [2]}, "corvo.level": "error"}.items()
    (line,) = (await place.corvo("logs", NAME, "-o", "json", "--strings")).out.splitlines()
    assert json.loads(line).items() >= {"level": "50", "n": "1", "t": "1", "o": '{"a":[2]}'}.items()
    outcome = await place.corvo("logs", NAME, "-o", "yaml", "--columns", "n,t")
    assert list(yaml.safe_load_all(outcome.out)) == [{"n": 1, "t": "1"}]


async def test_a_traceback_is_shown_with_its_line(agent: Agent, log_file: Path) -> None:
    write(log_file, '{"level":"error","msg":"boom"}\nTraceback:\n  File "a"\n')
    outcome = await corvo("logs", NAME, "--address", agent.address, "--join", "--level", "error")
    assert outcome.out == 'ERROR boom\n    Traceback:\n      File "a"\n'


@pytest.mark.parametrize("output", ["text", "json", "yaml", "raw"])
async def test_what_was_left_out_is_said_beside_the_lines(
    agent: Agent, log_file: Path, place: Place, output: str
) -> None:
    write(log_file, '{"level":"error","msg":"boom"}\n' + '{"msg":"who knows"}\n' * 7)
    outcome = await place.corvo("logs", NAME, "--level", "Error", "-o", output)
    assert outcome.code == 0
    assert "boom" in outcome.out
    assert "left out" not in outcome.out
    assert "7 lines without a level that can be read were left out" in outcome.err


async def test_a_newline_in_a_line_forges_none(agent: Agent, log_file: Path) -> None:
    forged = "user=bob\\n2026-11-24T00:00:03Z ERROR root logged in"
    write(
        log_file,
        "".join(
            f'{{"level":"info","ts":"2026-11-24T00:00:02Z","msg":"m","{key}":"{forged}"}}\n'
            for key in ("msg", "level", "ts", "other", forged)
        ),
    )
    outcome = await corvo("logs", NAME, "--address", agent.address)
    assert not [line for line in outcome.out.splitlines() if line.startswith("2026-11-24T00:00:03Z")]
    write(log_file, '{"level":"info","msg":"m","corvo.module":"other","corvo.cursor":"zzz"}\n')
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "json")
    assert json.loads(outcome.out).keys() >= {"line.corvo.module", "line.corvo.cursor"}
    assert "corvo.module" not in json.loads(outcome.out)


async def test_all_lines_come_page_by_page_and_merged(etcd: EmbeddedEtcd, modules: ModuleStore, tmp_path: Path) -> None:
    count, names = 3000, ("node3-app", "node4-app")
    async with AsyncExitStack() as stack:
        for place, name in enumerate(names):
            path = tmp_path / f"{name}.log"
            lines = (
                f'{{"level":"info","ts":{1795514400 + n + place / 2},"n":{2 * n + place}}}\n' for n in range(count)
            )
            write(path, "".join(lines))
            service = await stack.enter_async_context(DiagnosticsService("app", name.partition("-")[0]))
            service.register_handler("Log", LogHandler(str(path), limits=ReadLimits(max_lines=700)))
            server = await stack.enter_async_context(DiagnosticsServer([service]))
            await modules.kv.put(endpoint_key(name), encode_endpoint(Endpoint(server.address)))
        asked = ("--etcd", etcd.endpoint, "-n", "all", "-o", "json", "--columns", "n,ts")
        for order, expected in (((), range(2 * count)), (("--order", "desc"), range(2 * count - 1, -1, -1))):
            outcome = await corvo("logs", *names, *asked, *order)
            assert (outcome.code, outcome.err) == (0, "")
            assert [json.loads(line)["n"] for line in outcome.out.splitlines()] == list(expected)


async def test_several_modules_newest_first(
    agent: Agent, nameless: str, etcd: EmbeddedEtcd, modules: ModuleStore
) -> None:
    await modules.kv.put(endpoint_key("node2-pen-npm"), encode_endpoint(Endpoint(nameless)))
    outcome = await corvo("logs", NAME, "node2-pen-npm", "--order", "desc", "--etcd", etcd.endpoint)
    times = [line.split()[1] for line in outcome.out.splitlines()]
    assert len(times) == 6
    assert [times[0], times[2], times[4]] == ["2026-11-23T04:02:06.5Z", "2026-11-23T04:02:06Z", "2026-11-23T04:02:05Z"]
    for option in ("--from", "--cursor"):
        assert (await corvo("logs", NAME, "node2-pen-npm", option, "1", "--etcd", etcd.endpoint)).code == 2


async def test_several_modules_are_merged_with_the_name_in_front(
    agent: Agent, nameless: str, etcd: EmbeddedEtcd, modules: ModuleStore
) -> None:
    other = "node2-pen-npm"
    await modules.kv.put(endpoint_key(other), encode_endpoint(Endpoint(nameless)))
    outcome = await corvo("logs", NAME, other, NAME, "--etcd", etcd.endpoint)
    lines = [line.split() for line in outcome.out.splitlines()]
    assert [line[0] for line in lines] == [NAME, other] * 3
    assert [line[1] for line in lines] == sorted(line[1] for line in lines[:2]) + [line[1] for line in lines[2:]]


async def test_one_that_is_away_does_not_hide_the_others(agent: Agent, place: Place) -> None:
    outcome = await place.corvo("logs", "node9-gone", NAME)
    assert outcome.code == 3
    assert outcome.err == "corvo: node9-gone: module node9-gone not found\n"
    assert len(outcome.out.splitlines()) == 3


async def test_one_alone_that_is_away_is_not_found(place: Place) -> None:
    outcome = await place.corvo("logs", "node9-gone")
    assert (outcome.code, outcome.err) == (3, "corvo: module node9-gone not found\n")


async def test_one_address_is_for_one_module(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "node2-pen-npm", "--address", agent.address)
    assert outcome.code == 2
    assert "--address" in outcome.err


async def test_a_condition_without_a_sign_is_wrong_usage() -> None:
    outcome = await corvo("logs", NAME, "--field", "status", "--address", "127.0.0.1:1")
    assert outcome.code == 2
    assert "NAME=VALUE" in outcome.err


async def test_selectors_choose_modules(nameless: str, place: Place, modules: ModuleStore) -> None:
    announced = encode_endpoint(Endpoint(nameless))
    for name in ("node2-pen-npm", "node3-pen-npm"):
        await modules.kv.put(endpoint_key(name), announced)
        created = await modules.create(Module(ObjectMeta(name=name, labels={"team": "net"})))
        await place.knows(created.revision)
        await place.finds(name)
    outcome = await place.corvo("logs", "-l", "team=net", "-n", "1")
    assert (outcome.code, outcome.err) == (0, "")
    assert [line.split()[0] for line in outcome.out.splitlines()] == ["node2-pen-npm", "node3-pen-npm"]
    assert (await place.corvo("logs", "-l", "team=other")).code == 3
    assert (await place.corvo("logs", NAME, "-l", "team=net")).code == 2
    assert (await place.corvo("logs")).code == 2


async def test_an_address_has_no_modules_to_select(agent: Agent) -> None:
    outcome = await corvo("logs", "-l", "team=net", "--address", agent.address)
    assert outcome.code == 2
    assert "give --gateway URL or --etcd URL" in outcome.err


async def test_yaml_has_a_document_for_each_line(agent: Agent) -> None:
    outcome = await corvo("logs", NAME, "--address", agent.address, "-o", "yaml")
    assert [record["msg"] for record in yaml.safe_load_all(outcome.out)] == ["looking", "connected", "lost"]


async def test_a_trace_is_found_over_all_modules(
    nameless: str, place: Place, modules: ModuleStore, log_file: Path
) -> None:
    """A request that several services have worked on, each of which calls its trace otherwise."""
    names = ("node2-pen-npm", "node3-pen-npm")
    for name in names:
        await modules.kv.put(endpoint_key(name), encode_endpoint(Endpoint(nameless)))
        created = await modules.create(Module(ObjectMeta(name=name)))
        await place.knows(created.revision)
        await place.finds(name)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    with log_file.open("a") as log:
        log.write(f'{{"level":"info","ts":"2026-11-23T04:02:07Z","msg":"one","trace_id":"{trace}"}}\n')
        log.write(f'{{"level":"info","ts":"2026-11-23T04:02:08Z","msg":"two","traceparent":"00-{trace}-01-01"}}\n')
    outcome = await place.corvo("logs", "-A", "--trace", trace)
    assert (outcome.code, outcome.err) == (0, "")
    shown = [(line.split()[0], line.split()[3]) for line in outcome.out.splitlines()]
    assert shown == [(name, text) for text in ("one", "two") for name in names]


async def test_a_held_level_on_a_terminal_ends_with_ctrl_c(etcd: EmbeddedEtcd, agent: Agent) -> None:
    with on_terminal("logs", NAME, "-f", "--set-level", "Debug", "--etcd", etcd.endpoint, columns=60) as terminal:
        at = await terminal.wait_for("Debug while you watch")
        await terminal.wait_for("lost", at)
        terminal.press(b"\x03")
        await terminal.wait_for("Debug ended in", at)
        assert await terminal.ended() == 130
