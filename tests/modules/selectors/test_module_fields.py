"""Every value that a Module's JSON shows has a path, and each path compares as what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.json.codec import module_to_dict
from corvo_agent.modules.model import Module, ServicePort
from corvo_agent.modules.selectors.module_fields import FieldType, field, part

from ...gateway.modules import NOW, module

MODULE = module(labels={"app": "web"}, args=("-a", "-v"), ports=(ServicePort("grpc", 9005),), trace=True)
FULL = replace(
    MODULE,
    meta=replace(MODULE.meta, tenant="default", namespace="ns"),
    status=replace(
        MODULE.status, last_start=NOW, restart_count=3, last_restart_reason="killed", service="npm", mac_address="00ae"
    ),
)


def leaves(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every path of the JSON with its value; an item of a list has [*] in it, an entry of a map its key."""
    for key, inner in value.items():
        path = prefix + key
        if path == "meta.labels":
            yield from ((f"{path}[{name}]", text) for name, text in inner.items())
        elif isinstance(inner, dict):
            yield from leaves(inner, f"{path}.")
        elif isinstance(inner, list):
            for item in inner:
                yield from leaves(item, f"{path}[*].") if isinstance(item, dict) else ((f"{path}[*]", item),)
        else:
            yield path, inner


LEAVES = list(leaves(module_to_dict(FULL)))


def test_the_module_of_these_tests_has_everything() -> None:
    paths = {path for path, _ in LEAVES}
    assert {"status.mac-address", "status.service-ports[*].port", "meta.tenant"} <= paths
    assert len(LEAVES) == 26


@pytest.mark.parametrize(("path", "shown"), LEAVES, ids=[path for path, _ in LEAVES])
def test_what_json_shows_is_found_under_its_path(path: str, shown: Any) -> None:
    found = field(path)
    text = str(shown).lower() if isinstance(shown, bool) else str(shown)
    assert found.parse(text) in list(found.values(FULL))


@pytest.mark.parametrize(
    ("spelled", "path"),
    [
        ("Spec.LogLevel", "spec.log-level"),
        ("SPEC.LOG-LEVEL", "spec.log-level"),
        ("O.Name", "meta.name"),
        ("ObjectMeta.Name", "meta.name"),
        ("name", "meta.name"),
        ("T.Kind", "kind"),
        ("TypeMeta.APIVersion", "api-version"),
        ("status.service-ports[*].name", "status.service-ports.name"),
        ("Status.ServicePorts.Port", "status.service-ports.port"),
    ],
)
def test_a_path_may_be_spelled_as_the_original_does(spelled: str, path: str) -> None:
    assert field(spelled) == field(path)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("meta.labels", r"name its key as meta.labels\[key\]"),
        ("status.node[*]", "no such field"),
        ("spec.args[1]", "no such field"),
        ("spec.args[", "an index is written as"),
        ("spec.args[]", "an index is written as"),
        ("meta.labels[a].b", "an index is written as"),
        ("nope", "no such field"),
        ("", "no such field"),
    ],
)
def test_what_is_no_field_is_refused(path: str, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        field(path)


@pytest.mark.parametrize(
    ("path", "text", "type"),
    [
        ("status.restart-count", "x", FieldType.NUMBER),
        ("meta.creation-time", "yesterday", FieldType.TIME),
        ("spec.enable-trace", "maybe", FieldType.FLAG),
    ],
)
def test_a_value_that_a_field_cannot_have_is_refused_by_its_path(path: str, text: str, type: FieldType) -> None:
    found = field(path)
    assert found.type is type
    with pytest.raises(InvalidArgument, match=path):
        found.parse(text)


def test_a_version_that_is_no_number_has_no_value() -> None:
    assert list(field("meta.resource-version").values(Module())) == []
    # In etcd anything may be written, and one Module must not spoil a list of all.
    for text in ("9" * 5000, "٣", "-1", "x"):
        assert list(field("meta.generation-id").values(Module().with_meta(generation_id=text))) == []


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("Spec", FULL.with_spec(log_level="Error")),
        ("Status", FULL.with_status(node="n9")),
        ("Meta", FULL.with_meta(labels={})),
        ("meta.labels", FULL.with_meta(labels={})),
        ("meta.labels[app]", FULL.with_meta(labels={})),
        ("status.service-ports", FULL.with_status(service_ports=())),
        ("spec.args", FULL.with_spec(args=())),
    ],
)
def test_a_part_differs_when_something_in_it_does(path: str, changed: Module) -> None:
    watched = part(path)
    assert watched(FULL) != watched(changed)
    assert watched(FULL) == watched(replace(FULL, kind="Other"))
