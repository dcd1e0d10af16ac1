"""DiagnosticsV1 as a client of the original calls it: grpcio and google.protobuf, built from the .proto files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeAlias

import grpc
import grpc.aio
import pytest
import pytest_asyncio
from google.protobuf import any_pb2, empty_pb2

from corvo_agent.gateway.app import Gateway
from corvo_agent.gateway.settings import GatewaySettings
from corvo_agent.modules.controls.codec import control_key, encode_control
from tests.descriptors import google_class, unknown
from tests.diagnostics.kit import until
from tests.h2_peer import connected, framed

from ..agents import AgentFarm
from ..conftest import LOCAL, Api, Store, announced, settled
from ..modules import control, module

RawCall: TypeAlias = "grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]"

V1 = ("req-version", "v1")
PERSON = ("replace-status-field", "true")
AGENT = ("req-status-only", "true")
SETTINGS = replace(LOCAL, grpc_listen="127.0.0.1:0")

Module = google_class("diagnostics.Module")
ModuleList = google_class("diagnostics.ModuleList")
Request = google_class("diagnostics.DiagnosticsRequest")
Response = google_class("diagnostics.DiagnosticsResponse")
Events = google_class("diagnostics.AutoMsgModuleWatchHelper")
Label = google_class("api.Label")
Options = google_class("api.ListWatchOptions")
Aggregate = google_class("api.AggWatchOptions")
EventList = google_class("api.WatchEventList")
ApiStatus = google_class("api.Status")
Logs = google_class("protos.Logs")

METHODS = {
    "AutoAddModule": Module,
    "AutoDeleteModule": Module,
    "AutoGetModule": Module,
    "AutoLabelModule": Module,
    "AutoListModule": ModuleList,
    "AutoUpdateModule": Module,
    "Debug": Response,
    "AutoWatchModule": Events,
    "AutoWatchSvcDiagnosticsV1": EventList,
}


class Client:
    """The service's methods by name."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def call(self, method: str, request: Any, *metadata: tuple[str, str], timeout: float = 10) -> Any:
        """One unary call."""
        call = self._channel.unary_unary(
            f"/diagnostics.DiagnosticsV1/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=METHODS[method].FromString,
        )
        return await call(request, metadata=metadata, timeout=timeout)

    def watch(self, method: str, request: Any, *metadata: tuple[str, str]) -> Any:
        """One watch."""
        call = self._channel.unary_stream(
            f"/diagnostics.DiagnosticsV1/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=METHODS[method].FromString,
        )
        return call(request, metadata=metadata, timeout=60)


@pytest.fixture
def settings() -> GatewaySettings:
    return SETTINGS


@pytest_asyncio.fixture
async def client(gateway: Gateway) -> AsyncIterator[Client]:
    async with grpc.aio.insecure_channel(gateway.grpc_address) as channel:
        yield Client(channel)


@asynccontextmanager
async def fails(code: grpc.StatusCode, text: str = "") -> AsyncIterator[list[Any]]:
    """The call in it has to fail with ``code``; yields where its api.Status will stand."""
    found: list[Any] = []
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        yield found
    assert (caught.value.code(), caught.value.details()) == (code, text or caught.value.details())
    trailers = caught.value.trailing_metadata() or ()
    details = next((value for key, value in trailers if key == "grpc-status-details-bin"), None)
    if details is not None:
        assert isinstance(details, bytes)
        # google.rpc.Status: 1 code, 2 message, 3 details.
        fields = {each.field_number: each.data for each in unknown(empty_pb2.Empty.FromString(details))}
        assert fields[1] == code.value[0]
        detail = any_pb2.Any.FromString(fields[3])
        assert detail.type_url == "type.googleapis.com/api.Status"
        found.append(ApiStatus.FromString(detail.value))


def named(name: str) -> Any:
    return Module(O={"Name": name})


def given(name: str, level: str = "debug", category: str = "venice", **meta: Any) -> Any:
    return Module(O={"Name": name, **meta}, Spec={"LogLevel": level}, Status={"Category": category, "Node": "n1"})


async def test_row_create_get_delete(client: Client, store: Store) -> None:
    """AutoAddModule sets generation "1", uuid, times; AutoDeleteModule returns the last object."""
    added = await client.call("AutoAddModule", given("m1", ResourceVersion="77", SelfLink="x"))
    assert (added.T.Kind, added.O.Name, added.O.GenerationID) == ("Module", "m1", "1")
    assert added.O.ResourceVersion == str((await store.range("/venice/")).items[0].mod_revision)
    assert added.O.CreationTime == added.O.ModTime
    assert added.O.CreationTime.Time.seconds > 0
    assert (added.Spec.LogLevel, added.Status.Node) == ("debug", "n1")
    assert await client.call("AutoGetModule", named("m1")) == added
    assert await client.call("AutoDeleteModule", named("m1"), V1) == added
    async with fails(grpc.StatusCode.NOT_FOUND, "Not Found") as status:
        await client.call("AutoGetModule", named("m1"))
    assert list(status[0].Message) == ["Object get failed: object not found"]
    assert (status[0].T.Kind, status[0].Result.Str, status[0].Code) == ("Status", "Not Found", 5)
    assert (status[0].Ref.Kind, status[0].Ref.Name) == ("Module", "m1")


async def test_row_create_has_no_defaults(client: Client) -> None:
    """Create: no server-side defaulting, log-level and category must be given."""
    async with fails(grpc.StatusCode.INVALID_ARGUMENT, "Request validation failed") as status:
        await client.call("AutoAddModule", named("m1"))
    assert list(status[0].Message) == [
        "Spec.LogLevel did not match allowed strings [info warn error debug]",
        "Status.Category did not match allowed strings [venice naples]",
    ]


async def test_row_create_of_existing(client: Client) -> None:
    """create of existing: AlreadyExists."""
    await client.call("AutoAddModule", given("m1"))
    async with fails(grpc.StatusCode.ALREADY_EXISTS, "Object store error") as status:
        await client.call("AutoAddModule", given("m1"))
    assert list(status[0].Message) == ["already exists in cache"]


async def test_row_update_without_metadata(client: Client, store: Store) -> None:
    """AutoUpdateModule: full replace of labels, spec and status; uuid, creation-time and generation-id kept."""
    added = await client.call("AutoAddModule", given("m1", Labels={"a": "b"}))
    changed = given("m1", level="warn", Labels={"c": "d"}, ResourceVersion=added.O.ResourceVersion)
    changed.Status.Node = "n2"
    changed.Status.LastStart.Time.FromNanoseconds(1_700_000_000_123_456_789)
    changed.Status.ServicePorts.add(Name="p", Port=9005)
    updated = await client.call("AutoUpdateModule", changed)
    assert (dict(updated.O.Labels), updated.Spec.LogLevel) == ({"c": "d"}, "warn")
    assert updated.Status == changed.Status
    assert (updated.O.UUID, updated.O.GenerationID) == (added.O.UUID, "1")
    assert updated.O.CreationTime == added.O.CreationTime
    async with fails(grpc.StatusCode.FAILED_PRECONDITION, "Cannot execute operation") as status:
        await client.call("AutoUpdateModule", changed)
    assert list(status[0].Message) == ["commit failed"]
    async with fails(grpc.StatusCode.INVALID_ARGUMENT):
        await client.call("AutoUpdateModule", given("m1", category=""))


async def test_row_update_by_a_person(client: Client) -> None:
    """replace-status-field=true: spec update, the status in the request is ignored."""
    await client.call("AutoAddModule", given("m1"))
    updated = await client.call("AutoUpdateModule", given("m1", level="error", category=""), PERSON)
    assert (updated.Spec.LogLevel, updated.Status.Category, updated.O.GenerationID) == ("error", "venice", "2")


async def test_row_update_of_the_status(client: Client) -> None:
    """req-status-only=true: only status and mod-time; resource-version not compared, generation unchanged."""
    await client.call("AutoAddModule", given("m1", Labels={"a": "b"}))
    request = given("m1", level="", category="naples", ResourceVersion="1")
    updated = await client.call("AutoUpdateModule", request, AGENT)
    assert (updated.Status.Category, updated.Spec.LogLevel) == ("naples", "debug")
    assert (dict(updated.O.Labels), updated.O.GenerationID) == ({"a": "b"}, "1")


async def test_row_both_kinds_of_update_at_once(client: Client) -> None:
    """Both together -> Internal."""
    async with fails(grpc.StatusCode.INTERNAL):
        await client.call("AutoUpdateModule", given("m1"), PERSON, AGENT)


async def test_row_label(client: Client) -> None:
    """AutoLabelModule: api.Label -> Module, labels replaced."""
    await client.call("AutoAddModule", given("m1", Labels={"a": "b"}))
    labelled = await client.call("AutoLabelModule", Label(O={"Name": "m1", "Labels": {"c": "d"}}))
    assert (dict(labelled.O.Labels), labelled.O.GenerationID) == ({"c": "d"}, "2")


async def test_row_list(client: Client, store: Store, gateway: Gateway) -> None:
    """AutoListModule: selectors, order and pages of ListWatchOptions; errors are InvalidArgument (table 0)."""
    for name in ("b2", "a1", "c3"):
        await store.put_module(module(name, labels={"n": name}))
        await store.put(control_key(name, "1"), encode_control(control()))
    await settled(gateway, store)
    found = await client.call("AutoListModule", Options(SortOrder="by-name-reverse", From=1, MaxResults=2))
    assert [item.O.Name for item in found.Items] == ["c3", "b2"]
    assert (found.T.Kind, found.ListMeta.TotalCount) == ("ModuleList", 3)
    (shown,) = found.Items[0].Controls
    assert (shown.ID, shown.Level, shown.By) == ("1", "Debug", "ops")
    assert found.Items[0].O.SelfLink == "/configs/diagnostics/v1/modules/c3"
    found = await client.call("AutoListModule", Options(LabelSelector="n=a1", FieldSelector="status.node=node1"))
    assert [item.O.Name for item in found.Items] == ["a1"]
    async with fails(grpc.StatusCode.INVALID_ARGUMENT) as status:
        await client.call("AutoListModule", Options(SortOrder="xx"))
    assert list(status[0].Message) == ["unknown sort order [xx]"]


async def test_row_watch(client: Client, store: Store, gateway: Gateway) -> None:
    """AutoWatchModule: first what exists, then changes; field-change-selector as in the original's watcher."""
    await store.put_module(module("m1"))
    await settled(gateway, store)
    call = client.watch("AutoWatchModule", Options(O={"Name": "m1"}, FieldChangeSelector=["Spec"]), V1)
    first = await call.read()
    assert [(event.Type, event.Object.O.Name) for event in first.Events] == [("Created", "m1")]
    await store.put_module(module("m1", node="elsewhere"))
    await store.put_module(module("m1", level="Debug"))
    second = await call.read()
    assert [(event.Type, event.Object.Spec.LogLevel) for event in second.Events] == [("Updated", "Debug")]
    call.cancel()


async def test_row_watch_over_kinds(client: Client, store: Store, gateway: Gateway) -> None:
    """AutoWatchSvcDiagnosticsV1: api.WatchEventList, objects as Any; with one option there is no end of the list."""
    await store.put_module(module("m1"))
    await settled(gateway, store)
    call = client.watch("AutoWatchSvcDiagnosticsV1", Aggregate(WatchOptions=[{"Kind": "Module"}]), V1)
    event = (await call.read()).Events[0]
    assert (event.Type, event.Object.type_url) == ("Created", "type.googleapis.com/diagnostics.Module")
    assert Module.FromString(event.Object.value).O.Name == "m1"
    await store.put_module(module("m2"))
    assert told(await call.read()) == ["Created m2"]
    call.cancel()
    async with fails(grpc.StatusCode.INVALID_ARGUMENT):
        await client.watch("AutoWatchSvcDiagnosticsV1", Aggregate(WatchOptions=[{"Kind": "Network"}]), V1).read()


def told(events: Any) -> list[str]:
    """Type and name of each event."""
    return [f"{event.Type} {Module.FromString(event.Object.value).O.Name}" for event in events.Events]


async def test_row_a_watch_by_several_options(client: Client, store: Store, gateway: Gateway) -> None:
    """With two options or more: Control, code 1, "Listing for multipath watch complete" behind what there is."""
    for name in ("m1", "m2", "m3"):
        await store.put_module(module(name))
    await settled(gateway, store)
    options = [{"Kind": "Module", "Options": {"O": {"Name": name}}} for name in ("m1", "m2")]
    call = client.watch("AutoWatchSvcDiagnosticsV1", Aggregate(WatchOptions=options), V1)
    assert [told(await call.read()) for _ in options] == [["Created m1"], ["Created m2"]]
    (done,) = (await call.read()).Events
    assert (done.Type, done.Control.Code) == ("Control", 1)
    assert done.Control.Message == "Listing for multipath watch complete"
    assert not done.HasField("Object")
    for name in ("m3", "m2", "m1"):
        await store.put_module(module(name, level="Debug"))
    assert sorted([told(await call.read())[0] for _ in options]) == ["Updated m1", "Updated m2"]
    call.cancel()
    await until(lambda: not gateway.hub.watchers)
    async with fails(grpc.StatusCode.RESOURCE_EXHAUSTED):
        await client.watch("AutoWatchSvcDiagnosticsV1", Aggregate(WatchOptions=options * 9), V1).read()


async def test_row_system_labels(client: Client, store: Store) -> None:
    """Label sets what it is given, those of the system too: the REST gateway alone takes them out."""
    await store.put_module(module("m1", labels={"io.pensando.x": "1", "a": "b"}))
    given = {"io.pensando.y": "2", "c": "d"}
    labelled = await client.call("AutoLabelModule", Label(O={"Name": "m1", "Labels": given}))
    assert dict(labelled.O.Labels) == {"io.pensando.x": "1", **given}


async def test_row_list_with_a_tenant(client: Client, store: Store, gateway: Gateway) -> None:
    """List with tenant t1: none, because a Module has none."""
    await store.put_module(module("m1"))
    await settled(gateway, store)
    assert not (await client.call("AutoListModule", Options(O={"Tenant": "t1"}))).Items
    assert len((await client.call("AutoListModule", Options())).Items) == 1


@pytest.mark.parametrize("method", ["AutoGetModule", "AutoWatchModule"])
async def test_row_another_version(client: Client, method: str) -> None:
    """req-version=v2: Internal."""
    other = ("req-version", "v2")
    async with fails(grpc.StatusCode.INTERNAL, "Request information error") as status:
        if method == "AutoGetModule":
            await client.call(method, Module(O={"Name": "m1"}), other)
        else:
            await client.watch(method, Options(), other).read()
    assert list(status[0].Message) == ["unsupported version [v2]"]


async def test_row_a_status_update_with_a_bad_spec(client: Client, store: Store) -> None:
    """A status-only update with a bad spec is refused; one without a level is of a Module without one."""
    await store.put_module(module("m1"))
    async with fails(grpc.StatusCode.INVALID_ARGUMENT, "Request validation failed"):
        await client.call("AutoUpdateModule", given("m1", level="loud"), AGENT)
    await client.call("AutoUpdateModule", given("m1", level=""), AGENT)


@pytest.mark.parametrize("method", ["AutoWatchModule", "AutoWatchSvcDiagnosticsV1"])
async def test_row_watches_need_a_version(client: Client, method: str) -> None:
    """req-version REQUIRED on both watches, else InvalidArgument, Unable to determine version."""
    request = Options() if method == "AutoWatchModule" else Aggregate()
    async with fails(grpc.StatusCode.INVALID_ARGUMENT, "Request information error") as status:
        await client.watch(method, request).read()
    assert list(status[0].Message) == ["Unable to determine version"]


async def test_row_watch_from_a_version_that_is_gone(client: Client) -> None:
    """Unknown, and 410:({Expired}) in the text."""
    for version, reason in (
        ("1", "version too old"),
        ("1000000", "version not in cache history, retry without specifying version"),
    ):
        for method, request in (
            ("AutoWatchModule", Options(O={"ResourceVersion": version})),
            ("AutoWatchSvcDiagnosticsV1", Aggregate(WatchOptions=[{"Options": {"O": {"ResourceVersion": version}}}])),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await client.watch(method, request, V1).read()
            assert (caught.value.code(), caught.value.details()) == (
                grpc.StatusCode.UNKNOWN,
                f"410:({{Expired}}) [{reason}]",
            )


async def test_row_debug_is_routed_to_the_agent(
    client: Client, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    """Table 0: Debug on the API server is routed to the agent, as through REST; errors keep their code and text."""
    await agents.start(module("m1"))
    await settled(gateway, store)
    await announced(gateway, "m1")
    request = Request(O={"Name": "m1"}, Query="Log", Parameters={"lines": "3"})
    answer = await client.call("Debug", request)
    assert answer.Object.Object.type_url == "type.googleapis.com/protos.Logs"
    assert len(Logs.FromString(answer.Object.Object.value).Logs) == 3
    async with fails(grpc.StatusCode.INVALID_ARGUMENT, "lines: not a number, got 'x'"):
        await client.call("Debug", Request(O={"Name": "m1"}, Query="Log", Parameters={"lines": "x"}))
    async with fails(grpc.StatusCode.FAILED_PRECONDITION, "Pre condition failed") as status:
        await client.call("Debug", Request(O={"Name": "zz"}, Query="Log"))
    assert list(status[0].Message) == ["rpc error: code = NotFound desc = Not Found"]
    async with fails(grpc.StatusCode.DEADLINE_EXCEEDED):
        await client.call("Debug", Request(O={"Name": "m1"}, Query="Hang"), timeout=0.3)


async def test_an_answer_that_is_not_read_makes_room_for_others(
    client: Client, store: Store, gateway: Gateway, agents: AgentFarm
) -> None:
    await agents.start(module("m1"))
    await settled(gateway, store)
    await announced(gateway, "m1")
    gateway.answers.room = 4 << 20
    asked = Request(O={"Name": "m1"}, Query="Log", Parameters={"lines": "50000"})
    async with connected(gateway.grpc_address) as peer:
        peer.takes = False
        stream = await peer.request("/diagnostics.DiagnosticsV1/Debug")
        await peer.send(stream, framed(asked.SerializeToString()), end=True)
        while not peer.data[stream]:
            await peer.receive()
        assert gateway.answers.held > 2 << 20
        answer = await client.call("Debug", asked)
        assert len(Logs.FromString(answer.Object.Object.value).Logs) == 50_000
        while stream not in peer.ended and not peer.closed:
            await peer.receive()
    await until(lambda: not gateway.answers.held)


async def test_bytes_that_are_no_message(gateway: Gateway) -> None:
    async with grpc.aio.insecure_channel(gateway.grpc_address) as channel:
        for method in METHODS:
            async with fails(grpc.StatusCode.INVALID_ARGUMENT):
                call: RawCall = channel.unary_unary(f"/diagnostics.DiagnosticsV1/{method}")
                await call(b"\x12\xff\xff", metadata=[V1], timeout=60)


async def test_rest_and_grpc_show_the_same(api: Api, client: Client) -> None:
    await client.call("AutoAddModule", given("m1", Labels={"a": "b"}))
    status, body = await api.get("/modules/m1")
    found = await client.call("AutoGetModule", named("m1"))
    assert status == 200
    assert body["meta"]["uuid"] == found.O.UUID
    assert body["meta"]["self-link"] == found.O.SelfLink
    assert body["meta"]["labels"] == dict(found.O.Labels)
    assert body["spec"] == {"log-level": found.Spec.LogLevel}
