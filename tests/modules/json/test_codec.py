"""The JSON of Modules: exact keys out, everything that people and Go peers write in, nothing unknown lost."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.errors import DecodeError, InvalidArgument
from corvo_agent.modules.json.codec import (
    decode_module,
    encode_module,
    module_from_dict,
    module_to_dict,
    read_module,
)
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.names import key_of

KEY = key_of("node1-pen-npm")

# As a Go peer stores it.
STORED = (
    b'{"kind":"Module","api-version":"v1","meta":{"name":"node1-pen-npm","generation-id":"1",'
    b'"uuid":"5257e566-a925-4ea5-8603-de744f1bb579","labels":{"a":"b"},'
    b'"creation-time":"2026-11-23T03:56:36.426278087Z","mod-time":"2026-11-23T03:56:36.426278087Z",'
    b'"self-link":"/venice/config/diagnostics/modules/node1-pen-npm"},'
    b'"spec":{"log-level":"debug","args":["-a"]},'
    b'"status":{"node":"node1","module":"pen-npm","category":"venice",'
    b'"service-ports":[{"name":"pen-npm","port":9005}]}}'
)


def decode(text: str | bytes, revision: int = 7) -> Module:
    return decode_module(text.encode() if isinstance(text, str) else text, KEY, revision)


def rewritten(text: str) -> Any:
    return json.loads(encode_module(decode(text)))


def reason_of(value: str | bytes) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(value, 42)
    assert caught.value.what == f"{KEY} at revision 42"
    return caught.value.reason


def test_what_a_go_peer_stored_is_read_and_written_back_byte_for_byte() -> None:
    module = decode(STORED)
    assert module.meta == ObjectMeta(
        name="node1-pen-npm",
        generation_id="1",
        resource_version="7",
        uuid="5257e566-a925-4ea5-8603-de744f1bb579",
        labels={"a": "b"},
        creation_time=1795406196426278087,
        mod_time=1795406196426278087,
        self_link=KEY,
    )
    assert module.spec == ModuleSpec(log_level="debug", args=("-a",))
    assert module.status == ModuleStatus(
        node="node1", module="pen-npm", category="venice", service_ports=(ServicePort("pen-npm", 9005),)
    )
    assert module.revision == 7
    assert encode_module(module) == STORED


def test_an_empty_module_has_the_keys_that_are_always_there() -> None:
    assert encode_module(Module().with_meta(name="ab")) == (
        b'{"kind":"Module","api-version":"v1","meta":{"name":"ab","generation-id":"","creation-time":"","mod-time":"",'
        b'"self-link":"/venice/config/diagnostics/modules/ab"},"spec":{},"status":{}}'
    )


def test_every_field_has_its_key() -> None:
    module = Module(
        meta=ObjectMeta("ab", "t", "ns", "3", "9", "u", {"l": "v"}, 1_000_000_000, 1_500_000_000, "/x"),
        spec=ModuleSpec("Info", True, ("-v",)),
        status=ModuleStatus("n", "m", "Venice", 1, 4, "oom", "s", (ServicePort("p", 1),), "00ae.cd33.0001"),
    )
    assert module_to_dict(module) == {
        "kind": "Module",
        "api-version": "v1",
        "meta": {
            "name": "ab",
            "tenant": "t",
            "namespace": "ns",
            "generation-id": "3",
            "resource-version": "9",
            "uuid": "u",
            "labels": {"l": "v"},
            "creation-time": "1970-01-01T00:00:01Z",
            "mod-time": "1970-01-01T00:00:01.5Z",
            "self-link": "/configs/diagnostics/v1/modules/ab",
        },
        "spec": {
            "log-level": "Info",
            "enable-trace": True,
            "args": ["-v"],
        },
        "status": {
            "node": "n",
            "module": "m",
            "category": "Venice",
            "last-start": "1970-01-01T00:00:00.000000001Z",
            "restart-count": 4,
            "last-restart-reason": "oom",
            "service": "s",
            "service-ports": [{"name": "p", "port": 1}],
            "mac-address": "00ae.cd33.0001",
        },
    }
    assert module_from_dict(module_to_dict(module, self_link="/x")) == module


def test_html_escapes_of_go_are_read_and_not_written() -> None:
    module = decode(rb'{"status":{"last-restart-reason":"\u003ca\u003e \u0026"}}')
    assert module.status.last_restart_reason == "<a> &"
    assert b'"<a> &"' in encode_module(module)


@pytest.mark.parametrize(
    "text",
    [
        '{"spec":{"log-level":"Debug"}}',
        ' { "status" : null, "meta": null, "spec" : { "args": null, "log-level" : "Debug" } } \n',
        '{"Spec":{"Log-Level":"Debug"}}',
        '{"SPEC":{"LOG-LEVEL":"Debug"},"Kind":"module"}',
        '{"spec":{"log-level":"Debug"},"kind":""}',
        '{"spec":{"log-level":"Info","Log-Level":"Debug"}}',
        '{"spec":{"log-level":"Info","enable-trace":null},"Spec":{"log-level":"Debug"}}',
        '{"meta":{"name":"someone-else","resource-version":"999"},"spec":{"log-level":"Debug"}}',
    ],
)
def test_what_people_write_by_hand_is_welcome(text: str) -> None:
    module = decode(text)
    assert module.spec == ModuleSpec(log_level="Debug")
    assert (module.name, module.revision) == ("node1-pen-npm", 7)
    assert rewritten(text)["spec"] == {"log-level": "Debug"}


def test_null_in_arrays_and_objects_is_the_empty_value_as_in_go() -> None:
    module = decode('{"meta":{"labels":{"a":null}},"spec":{"args":[null,"x"]},"status":{"service-ports":[null]}}')
    assert module.meta.labels == {"a": ""}
    assert module.spec.args == ("", "x")
    assert module.status.service_ports == (ServicePort(),)


@pytest.mark.parametrize("level", ["debug", "DEBUG", "Info", "warn", "Warning", "error", "None", "all"])
def test_a_level_is_kept_as_it_was_written(level: str) -> None:
    value = {"spec": {"log-level": level}}
    assert rewritten(json.dumps(value))["spec"] == value["spec"]


def test_unknown_keys_survive_at_every_depth() -> None:
    value: dict[str, Any] = {
        "Extra": [1, {"deep": None}],
        "meta": {"owner": "x"},
        "spec": {
            "log-level": "Info",
            "sampling": {"rate": 0.5},
            "override": {"level": "Loud", "ticket": "T-1"},
        },
        "status": {"phase": "Running", "service-ports": [{"name": "a", "port": 1, "proto": "tcp"}, {"name": "b"}]},
    }
    module = decode(json.dumps(value)).with_spec(log_level="Warn").with_status(node="n2")
    written = json.loads(encode_module(module))
    assert written["Extra"] == value["Extra"]
    assert written["meta"]["owner"] == "x"
    assert written["spec"] == {**value["spec"], "log-level": "Warn"}
    assert written["status"] == {**value["status"], "node": "n2"}


def test_unknown_keys_of_parts_that_are_replaced_go_with_them() -> None:
    module = decode('{"status":{"service-ports":[{"name":"a","proto":"tcp"}]}}')
    written = json.loads(encode_module(module.with_status(service_ports=(ServicePort("b", 2),))))
    assert written["status"] == {"service-ports": [{"name": "b", "port": 2}]}


def test_unknown_numbers_keep_all_their_digits() -> None:
    number = 123456789012345678901234567890
    assert rewritten(f'{{"id":{number},"spec":{{"é":-{number}}}}}')["id"] == number
    assert f'"é":-{number}'.encode() in encode_module(decode(f'{{"spec":{{"é":-{number}}}}}'))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not JSON"),
        ("Debug", "not JSON"),
        ('{"spec":', "not JSON"),
        ('{"spec":{}} trailing', "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"spec":{"args":["\xff"]}}', "not JSON"),
        ('{"x":NaN}', "not JSON"),
        ('{"x":1e999}', "not JSON"),
        ('{"x":"\\ud800"}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("null", "value: must be an object"),
        ("[]", "value: must be an object"),
        ('"Debug"', "value: must be an object"),
        ("7", "value: must be an object"),
        ('{"kind":"Node"}', "kind: must be Module"),
        ('{"kind":7}', "kind: must be a string"),
        ('{"meta":[]}', "meta: must be an object"),
        ('{"meta":{"name":7}}', "meta.name: must be a string"),
        ('{"meta":{"labels":{"a":1}}}', "meta.labels.a: must be a string"),
        ('{"meta":{"mod-time":"yesterday"}}', "meta.mod-time: not an RFC 3339 time"),
        ('{"meta":{"mod-time":"0001-01-01T00:00:00+23:00"}}', "meta.mod-time: is before year 1"),
        ('{"meta":{"mod-time":7}}', "meta.mod-time: must be a string"),
        ('{"spec":"Debug"}', "spec: must be an object"),
        ('{"spec":{"log-level":["Debug"]}}', "spec.log-level: must be a string"),
        ('{"spec":{"log-level":"Loud"}}', "spec.log-level: unknown level, got 'Loud'; valid: Debug"),
        ('{"spec":{"enable-trace":"true"}}', "spec.enable-trace: must be true or false"),
        ('{"spec":{"enable-trace":1}}', "spec.enable-trace: must be true or false"),
        ('{"spec":{"args":"-v"}}', "spec.args: must be an array"),
        ('{"spec":{"args":["-v",1]}}', "spec.args.1: must be a string"),
        ('{"status":{"restart-count":true}}', "status.restart-count: must be a whole number"),
        ('{"status":{"restart-count":1.5}}', "status.restart-count: must be a whole number"),
        ('{"status":{"restart-count":2147483648}}', "status.restart-count: must be a whole number of 32 bits"),
        ('{"status":{"service-ports":{}}}', "status.service-ports: must be an array"),
        ('{"status":{"service-ports":[{},{"port":"x"}]}}', "status.service-ports.1.port: must be a whole number"),
        ('{"status":{"service-ports":[7]}}', "status.service-ports.0: must be an object"),
        ('{"x":' + "[" * 300 + "]" * 300 + "}", "value: is nested deeper than 200 levels"),
    ],
)
def test_a_bad_value_is_refused_with_key_revision_and_reason(text: str | bytes, reason: str) -> None:
    assert reason_of(text).startswith(reason)


def test_a_huge_bad_value_does_not_fill_the_error() -> None:
    assert len(reason_of(json.dumps({"spec": {"log-level": "x" * 1_000_000}}))) < 300
    assert len(reason_of(b'{"' + b"x" * 1_000_000)) < 300


@pytest.mark.parametrize(
    ("module", "what"),
    [
        (Module(), "meta.name"),
        (Module().with_meta(name="a/b"), "meta.name"),
        (Module().with_meta(name="ab").with_spec(log_level="Loud"), "spec.log-level"),
        (Module().with_meta(name="ab").with_status(restart_count=2**31), "status.restart-count"),
        (Module().with_meta(name="ab").with_status(last_start=2**80), "time"),
        (Module().with_meta(name="ab").with_status(node="\ud800"), "module"),
        (Module(raw={"x": object()}).with_meta(name="ab"), "module"),
    ],
)
def test_nothing_is_written_that_could_not_be_read_again(module: Module, what: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        encode_module(module)
    assert caught.value.what == what


def test_a_rest_body_that_is_wrong_names_the_field() -> None:
    with pytest.raises(InvalidArgument) as caught:
        module_from_dict({"spec": {"log-level": 7}})
    assert caught.value.what == "spec.log-level"


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LEVEL = st.sampled_from(["Debug", "info", "WARN", "Error", "none"])
TIME = st.integers(-62_135_596_800 * 10**9, 253_402_300_800 * 10**9 - 1)
PORTS = st.lists(st.builds(ServicePort, TEXT, st.integers(-(2**31), 2**31 - 1)), max_size=3).map(tuple)
MODULES = st.builds(
    Module,
    meta=st.builds(
        ObjectMeta,
        name=st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.@-]{0,62}[a-zA-Z0-9]", fullmatch=True),
        tenant=TEXT,
        namespace=TEXT,
        generation_id=TEXT,
        uuid=TEXT,
        labels=st.dictionaries(TEXT, TEXT, max_size=3),
        creation_time=TIME,
        mod_time=TIME,
    ),
    spec=st.builds(
        ModuleSpec,
        log_level=LEVEL | st.just(""),
        enable_trace=st.booleans(),
        args=st.lists(TEXT, max_size=3).map(tuple),
    ),
    status=st.builds(ModuleStatus, TEXT, TEXT, TEXT, TIME, st.integers(-(2**31), 2**31 - 1), TEXT, TEXT, PORTS, TEXT),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
# Objects that look like Modules, with anything anywhere.
KNOWN_KEYS = ["kind", "meta", "spec", "status", "name", "labels", "mod-time", "log-level", "args", "override", "level"]
KNOWN_KEYS += ["until", "loggers", "restart-count", "service-ports", "port", "Spec", "LOG-LEVEL", "enable-trace"]
MODULE_LIKE = st.recursive(
    JSON | LEVEL,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KNOWN_KEYS) | TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(MODULES)
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_read_again(module: Module) -> None:
    stored = module.with_meta(self_link=key_of(module.name))
    again = decode_module(encode_module(stored), key_of(module.name), 5)
    assert again == stored.with_meta(resource_version="5")
    assert module_from_dict(module_to_dict(again, self_link=again.meta.self_link)) == again


@given(st.dictionaries(TEXT, JSON, max_size=3), st.dictionaries(TEXT, JSON, max_size=3))
@settings(max_examples=100, deadline=None)
def test_unknown_keys_survive_a_rewrite(top: dict[str, Any], inner: dict[str, Any]) -> None:
    top = {f"x{key}": value for key, value in top.items()}
    inner = {f"x{key}": value for key, value in inner.items()}
    written = rewritten(json.dumps({**top, "spec": inner, "status": {"service-ports": [inner]}}))
    assert {key: written[key] for key in top} == top
    assert written["spec"] == inner
    assert written["status"] == ({"service-ports": [inner]})


@given(st.binary(max_size=200) | MODULE_LIKE.map(json.dumps).map(str.encode))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_a_module_or_a_decode_error(value: bytes) -> None:
    module = None
    with contextlib.suppress(DecodeError):
        module = decode(value)
    if module is not None:
        assert decode(encode_module(module)).spec == module.spec
        assert isinstance(orjson.loads(value), dict)


def test_what_is_mistyped_is_told_and_the_rest_is_read() -> None:
    value = b'{"spec":{"log-level":"loud","args":["-a"],"x":1},"status":{"node":"n1","restart-count":"many"}}'
    module = read_module(value, KEY, 7)
    assert (module.name, module.revision, module.spec.args, module.status.node) == ("node1-pen-npm", 7, ("-a",), "n1")
    assert module.unread == {"spec": {"log-level": "loud"}, "status": {"restart-count": "many"}}
    assert module.invalid.startswith("spec.log-level: unknown level, got 'loud'; valid: ")
    assert module.invalid.endswith("; status.restart-count: must be a whole number of 32 bits, got 'many'")
    # Neither lost nor taken for something else by a change of other fields.
    stored = json.loads(encode_module(module.with_meta(labels={"a": "b"})))
    assert stored["spec"] == {"log-level": "loud", "args": ["-a"], "x": 1}
    assert (stored["status"], "invalid" in stored) == ({"node": "n1", "restart-count": "many"}, False)
    assert json.loads(encode_module(module.with_spec(log_level="Warn")))["spec"]["log-level"] == "Warn"
    with pytest.raises(InvalidArgument, match="restart-count"):
        encode_module(module.with_spec(log_level="Warn").with_status(restart_count=2**40))


def test_what_is_shown_of_an_invalid_module_is_read_as_such() -> None:
    module = read_module(b'{"spec":{"log-level":"loud"}}', KEY, 7)
    shown = module_to_dict(module)
    assert (shown["spec"], shown["invalid"]) == ({"log-level": "loud"}, module.invalid)
    assert module_from_dict(shown) == module.with_meta(self_link=shown["meta"]["self-link"])


@given(MODULE_LIKE)
@settings(max_examples=150, deadline=None)
def test_any_value_is_a_module_and_says_when_it_is_none(value: Any) -> None:
    data = json.dumps(value).encode()
    module = read_module(data, KEY, 7)
    assert (module.name, module.revision) == ("node1-pen-npm", 7)
    try:
        assert module == decode_module(data, KEY, 7)
    except DecodeError:
        assert module.invalid
    if not module.invalid or module.unread:
        again = read_module(encode_module(module), KEY, 7)
        assert (again.spec, again.status, again.unread) == (module.spec, module.status, module.unread)
