"""Field selectors hold for exactly the Modules that a naive reading of their JSON accepts."""

from __future__ import annotations

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.json.codec import module_to_dict
from corvo_agent.modules.model import Module, ServicePort
from corvo_agent.modules.selectors.fields import parse_field_change, parse_field_selector

from ...gateway.modules import module

NODES = ("node1", "node 2", "a,b", "10.0.0.1:80", "")
ORDER: dict[str, Any] = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip

modules = st.builds(
    lambda node, restarts, level, revision: module(revision=revision, node=node, restarts=restarts, level=level),
    st.sampled_from(NODES),
    st.integers(0, 3),
    st.sampled_from(("Info", "debug")),
    st.integers(8, 12),
)
conditions = st.one_of(
    st.tuples(
        st.just("status.node"), st.sampled_from(sorted(ORDER)), st.sampled_from(NODES).map(lambda value: (value,))
    ),
    st.tuples(st.just("status.node"), st.sampled_from(("in", "notin")), st.lists(st.sampled_from(NODES), min_size=1)),
    st.tuples(
        st.just("status.restart-count"), st.sampled_from(sorted(ORDER)), st.integers(0, 3).map(lambda n: (str(n),))
    ),
    st.tuples(
        st.just("meta.resource-version"), st.sampled_from(sorted(ORDER)), st.integers(8, 12).map(lambda n: (str(n),))
    ),
    st.tuples(
        st.just("spec.log-level"), st.sampled_from(("=", "!=")), st.sampled_from(("DEBUG", "Info")).map(lambda v: (v,))
    ),
)


def naive(condition: tuple[str, str, tuple[str, ...]], found: Module) -> bool:
    path, sign, values = condition
    section, key = path.split(".")
    value = module_to_dict(found)[section].get(key, 0 if key == "restart-count" else "")
    wanted: list[Any] = list(values)
    if key in ("restart-count", "resource-version"):
        value, wanted = int(value), [int(one) for one in wanted]
    if key == "log-level":
        value, wanted = value.lower(), [one.lower() for one in wanted]
    if sign in ("in", "notin"):
        return (value in wanted) == (sign == "in")
    return bool(ORDER[sign](value, wanted[0]))


def render(condition: tuple[str, str, tuple[str, ...]]) -> str:
    path, sign, values = condition
    escaped = [value.replace(",", "\\,") for value in values]
    return f"{path} {sign} ({','.join(escaped)})" if sign in ("in", "notin") else f"{path}{sign}{escaped[0]}"


@given(st.lists(conditions, min_size=1, max_size=3), modules)
def test_a_selector_equals_the_naive_reading(wanted: list[Any], found: Module) -> None:
    selector = parse_field_selector(",".join(render(one) for one in wanted))
    assert selector is not None
    assert selector(found) == all(naive(one, found) for one in wanted)


FOUND = module(
    labels={"app": "web", "x/y": "1"},
    args=("-a", "-v"),
    ports=(ServicePort("grpc", 9005), ServicePort("http", 8080)),
    trace=True,
)


@pytest.mark.parametrize(
    "text",
    [
        "name=node1-pen-npm",
        "Spec.LogLevel=info",
        "Status.MACAddress=",
        "O.Name=node1-pen-npm",
        "kind=Module",
        "api-version=v1",
        "meta.labels[app]=web",
        "meta.labels[x/y]=1",
        "meta.labels[*]=web",
        "meta.labels[nope]!=web",
        "status.service-ports.port>9000",
        "status.service-ports[*].name in (http,https)",
        "spec.args=-v",
        "spec.args[*]!=-x",
        "spec.enable-trace=true",
        "meta.creation-time<=2023-11-14T22:13:20Z",
        "meta.generation-id>=1",
        " status.node = node1 , status.category=venice ",
        "status.node notin (node2, node3)",
    ],
)
def test_every_kind_of_path_finds_its_value(text: str) -> None:
    selector = parse_field_selector(text)
    assert selector is not None
    assert selector(FOUND)


@pytest.mark.parametrize("text", ["meta.labels[a]=", "spec.args="])
def test_what_is_not_there_equals_nothing(text: str) -> None:
    selector = parse_field_selector(text)
    assert selector is not None
    assert not selector(module())


@pytest.mark.parametrize(
    "text",
    [
        "spec.nope=1",
        "nope",
        "spec.log-level",
        "spec.log-level~Debug",
        "status.restart-count=x",
        "spec.enable-trace=maybe",
        "meta.creation-time=yesterday",
        "meta.labels=x",
        "meta.labels[=x",
        "status.node[a]=x",
        "spec.args[0]=x",
        "status.node=a;b",
        "status.node in (a,b",
        "status.node in a",
        "status.node=a,",
        "=a",
        "meta.labels[a].b=c",
        "status.node in (a) status.node=b",
        "status.restart-count>1_0",
    ],
)
def test_what_the_schema_does_not_allow_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_field_selector(text)


@pytest.mark.parametrize(
    "text",
    ["a" * 60_000, "a." * 30_000 + "!", "a[1]" + "a" * 60_000, "a" + " " * 60_000, "a=" + "b!" * 30_000],
    ids=lambda text: text[:5],
)
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    # Were the time quadratic in it, one request would hold up the gateway for minutes.
    with pytest.raises(InvalidArgument) as caught:
        parse_field_selector(text)
    assert len(str(caught.value)) < 300


@given(st.text("abmetspc.-[]*=!<>(), \\é", max_size=30))
def test_any_text_is_a_selector_or_a_clear_error(text: str) -> None:
    try:
        parse_field_selector(text)
    except InvalidArgument:
        pass


@pytest.mark.parametrize("path", ["Spec", "spec", "Spec.LogLevel", "spec.log-level"])
def test_a_change_of_the_named_part_passes(path: str) -> None:
    changed = parse_field_change([path])
    assert changed is not None
    assert changed(module(level="Info"), module(level="Debug"))
    assert not changed(module(node="a"), module(node="b"))


def test_any_one_of_several_parts_passes() -> None:
    changed = parse_field_change(["Status.Node", "meta.labels"])
    assert changed is not None
    assert changed(module(node="a"), module(node="b"))
    assert changed(module(), module(labels={"a": "b"}))
    assert not changed(module(), module(level="Debug"))


def test_no_path_watches_everything_and_an_unknown_one_is_refused() -> None:
    assert parse_field_change([]) is None
    assert parse_field_change([" "]) is None
    with pytest.raises(InvalidArgument):
        parse_field_change(["Nope"])
