"""Modules as protobuf: google.protobuf reads what we write, and we read what it writes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from corvo_agent._generated import diagnostics
from corvo_agent.errors import DecodeError
from corvo_agent.gateway.objects.module_messages import message_of, module_of
from corvo_agent.modules.announcing.endpoint import AppliedLevel
from corvo_agent.modules.controls.control import Control
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from corvo_agent.modules.module_level import ModuleLevel
from corvo_agent.protobuf.codec import decode, encode
from tests.descriptors import google_class

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
int32 = st.integers(-(2**31), 2**31 - 1)
times = st.integers(1, 4 * 10**18)
labels = st.dictionaries(text, text, max_size=3)
modules = st.builds(
    Module,
    meta=st.builds(
        ObjectMeta,
        name=text,
        tenant=text,
        namespace=text,
        generation_id=text,
        resource_version=text,
        uuid=text,
        labels=labels,
        creation_time=times,
        mod_time=times,
    ),
    spec=st.builds(
        ModuleSpec,
        log_level=text,
        enable_trace=st.booleans(),
        args=st.lists(text, max_size=3).map(tuple),
    ),
    status=st.builds(
        ModuleStatus,
        node=text,
        module=text,
        category=text,
        last_start=st.just(0) | times,
        restart_count=int32,
        last_restart_reason=text,
        service=text,
        service_ports=st.lists(st.builds(ServicePort, name=text, port=int32), max_size=3).map(tuple),
        mac_address=text,
    ),
)


def encode_module(module: Module) -> bytes:
    return encode(message_of(module))


def decode_module(data: bytes) -> Module:
    return module_of(decode(diagnostics.Module, data))


@given(modules)
def test_google_reads_what_we_write_and_we_read_what_it_writes(found: Module) -> None:
    message = google_class("diagnostics.Module").FromString(encode_module(found))
    assert message.O.CreationTime.Time.ToNanoseconds() == found.meta.creation_time
    assert message.O.SelfLink == f"/configs/diagnostics/v1/modules/{found.name}"
    assert [port.Port for port in message.Status.ServicePorts] == [port.port for port in found.status.service_ports]
    again = decode_module(message.SerializeToString())
    # Times of the object are the server's business: nobody gives them.
    assert again == replace(found, meta=replace(found.meta, creation_time=0, mod_time=0))


def test_what_lies_beside_a_module_is_shown_with_it() -> None:
    module = Module().with_meta(name="m1")
    control = Control("Debug", 2 * 10**9, "http", ("a", "b"), "ops", "a case", "process", 7)
    applied = AppliedLevel(
        "Info", "log-level", 10**9, wanted="Debug", fault="x", loggers={"a": "Warn"}, logger_ends={"a": 5}
    )
    data = encode(message_of(module, ModuleLevel(module, (control,), applied)))
    message = google_class("diagnostics.Module").FromString(data)
    (shown,) = message.Controls
    assert (shown.ID, shown.Level, shown.Logger, shown.Scope, shown.Revision) == (
        "process",
        "Debug",
        "http",
        "a,b",
        "7",
    )
    assert (shown.By, shown.Reason, shown.Until.Time.ToNanoseconds()) == ("ops", "a case", 2 * 10**9)
    found = message.Applied
    assert (found.Level, found.Source, found.Wanted, found.Fault) == ("Info", "log-level", "Debug", "x")
    assert (found.Since.Time.ToNanoseconds(), found.HasField("Until"), dict(found.Loggers)) == (
        10**9,
        False,
        {"a": "Warn"},
    )
    assert found.LoggerEnds["a"].Time.ToNanoseconds() == 5
    # A caller that gives back what it was shown changes nothing by that.
    assert decode_module(data) == module


def test_what_go_always_writes_is_there() -> None:
    link = b"/configs/diagnostics/v1/modules/".hex()
    assert encode_module(Module(kind="", api_version="")).hex() == f"0a00122a42020a004a020a005220{link}1a002200"


@given(st.binary(max_size=40))
def test_any_bytes_are_a_module_or_a_clear_error(data: bytes) -> None:
    try:
        decode_module(data)
    except DecodeError:
        pass
