"""The JSON of a Module, as it lies in etcd and as REST shows it.

Values that people write by hand with etcdctl are welcome: any order and any case of keys, no kind, no meta, null
sections. What we do not know is kept in ``Module.raw`` and written back at its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from ...errors import DecodeError, InvalidArgument, shorten
from ..model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort
from ..names import key_of, name_of, self_link_of
from .frozen import unfrozen
from .tables import (
    Faults,
    JsonField,
    JsonTable,
    entries,
    flag,
    int32,
    level,
    read_array,
    read_text,
    text,
    text_map,
    texts,
    time,
)

#: Where the JSON of a Module that is invalid says why.
INVALID = "invalid"
# orjson writes at most 254 levels; what is deeper could be read but never written back.
_MAX_DEPTH = 200
# orjson reads integers of more than 64 bits as floats; this finds values that may hold one.
_LONG_NUMBER = re.compile(rb"\d{19}")


def decode_module(value: bytes, key: str, revision: int) -> Module:
    """The Module stored at ``key`` with mod_revision ``revision``.

    Its name is that of the key and its resource version the revision, whatever the value says. Raises DecodeError
    naming key, revision and reason when the value is not JSON, not an object of kind Module, or when a field has a
    wrong type, a bad time or an unknown level.
    """
    try:
        module = _from_json(orjson.loads(value), key=key, name=name_of(key), resource_version=str(revision))
        if module.raw and _LONG_NUMBER.search(value):
            module = replace(module, raw=_from_json(json.loads(value)).raw)
    except InvalidArgument as error:
        raise DecodeError(f"{key} at revision {revision}", str(error)) from error
    except ValueError as error:
        raise DecodeError(f"{key} at revision {revision}", f"not JSON: {shorten(str(error), 200)}") from error
    return module


def read_module(value: bytes, key: str, revision: int) -> Module:
    """As ``decode_module``, but what that refuses comes as a Module that is ``invalid``, with what could be read."""
    try:
        return decode_module(value, key, revision)
    except DecodeError as error:
        reason = error.reason
    known = {"name": name_of(key), "resource_version": str(revision)}
    try:
        module = _read_parts(json.loads(value) if _LONG_NUMBER.search(value) else orjson.loads(value), key=key, **known)
    except (InvalidArgument, ValueError, RecursionError):
        return Module(invalid=reason, incomplete=True).with_meta(**known)
    return module if module.invalid else replace(module, invalid=reason)


def encode_module(module: Module, self_link: str | None = None) -> bytes:
    """The value to store for ``module``: no resource version, and its key as the self-link unless told otherwise.

    Raises InvalidArgument with the path of the field when the name is not one that a Module may have, or a field
    holds what ``decode_module`` would refuse or JSON cannot express.
    """
    # The original panics at its start for an object without a self-link.
    link = key_of(module.name) if self_link is None else self_link
    value = _to_json(module.with_meta(resource_version="", self_link=link))
    # Read back before it is stored: what we could not read again would be lost to every reader.
    if module.unread:
        _check_unread(value, module)
    else:
        _from_json(value)
    return _dump(value)


def module_from_dict(value: Any) -> Module:
    """The Module that a JSON object of REST describes, its resource version and self-link as given.

    One that the gateway shows as ``invalid`` is read as far as it can be. Raises InvalidArgument with the path of the
    field that is wrong.
    """
    reason = value.get(INVALID) if isinstance(value, dict) else None
    if not isinstance(reason, str) or not reason:
        return _from_json(value)
    return replace(_read_parts({key: item for key, item in value.items() if key != INVALID}), invalid=reason)


def module_to_dict(module: Module, self_link: str | None = None) -> dict[str, Any]:
    """``module`` as REST shows it, with resource version and its REST path as self-link unless told otherwise.

    One that is invalid has the reason at its top, under ``INVALID``: the original's readers pass over a key that they
    do not know.
    """
    link = self_link_of(module.name) if self_link is None else self_link
    shown = _to_json(module.with_meta(self_link=link))
    return {**shown, INVALID: module.invalid} if module.invalid else shown


def _read_ports(value: Any, path: str) -> tuple[ServicePort, ...]:
    array = read_array(value, path)
    return tuple(ServicePort(**_PORT.read(item, f"{path}.{index}")[0]) for index, item in enumerate(array))


def _keep_ports(value: Any) -> dict[str, Any]:
    kept = {}
    for item in value:
        values, unknown = _PORT.read(item)
        if unknown:
            kept[values.get("name", "")] = unknown
    return kept


def _write_ports(ports: Iterable[ServicePort], kept: Any) -> list[dict[str, Any]]:
    return [_PORT.write(port, (kept or {}).get(port.name, {})) for port in ports]


_PORT = JsonTable("status.service-ports", text("name", "name"), int32("port", "port"))
_META = JsonTable(
    "meta",
    text("name", "name", always=True),
    text("tenant", "tenant"),
    text("namespace", "namespace"),
    text("generation-id", "generation_id", always=True),
    text("resource-version", "resource_version"),
    text("uuid", "uuid"),
    text_map("labels", "labels"),
    time("creation-time", "creation_time", always=True),
    time("mod-time", "mod_time", always=True),
    text("self-link", "self_link"),
)
_SPEC = JsonTable(
    "spec",
    level("log-level", "log_level"),
    flag("enable-trace", "enable_trace"),
    texts("args", "args"),
)
_STATUS = JsonTable(
    "status",
    text("node", "node"),
    text("module", "module"),
    text("category", "category"),
    time("last-start", "last_start"),
    int32("restart-count", "restart_count"),
    text("last-restart-reason", "last_restart_reason"),
    text("service", "service"),
    JsonField("service-ports", "service_ports", _read_ports, _write_ports, keep=_keep_ports),
    text("mac-address", "mac_address"),
)
_SECTIONS: Mapping[str, JsonTable] = {"meta": _META, "spec": _SPEC, "status": _STATUS}
_HEAD = {"kind": "kind", "api-version": "api_version"}
_Module, _Meta, _Spec, _Status = map(unfrozen, (Module, ObjectMeta, ModuleSpec, ModuleStatus))


def _read_parts(value: Any, *, key: str = "", **meta: str) -> Module:
    """As ``_from_json``, but fields that cannot be read are left out, kept, and told in ``invalid``."""
    faults: dict[str, Faults] = {name: {} for name in _SECTIONS}
    module = _from_json(value, faults, key=key, **meta)
    unread = {name: {key: kept for key, (kept, _) in found.items()} for name, found in faults.items() if found}
    reasons = [reason for found in faults.values() for _, reason in found.values()]
    return replace(module, unread=unread, invalid="; ".join(reasons))


def _check_unread(value: Any, module: Module) -> None:
    """Refuse a field that cannot be read again unless it is one that ``module`` has kept unread."""
    faults: dict[str, Faults] = {name: {} for name in _SECTIONS}
    _from_json(value, faults)
    for name, found in faults.items():
        kept = module.unread.get(name, {})
        for key, (given, reason) in found.items():
            if key not in kept or kept[key] != given:
                raise InvalidArgument(f"{name}.{key}", None, reason)


def _from_json(value: Any, faults: Mapping[str, Faults] | None = None, *, key: str = "", **meta: str) -> Module:
    """The Module in ``value``, with fields of the meta that are known better than ``value`` knows them.

    One that was read at ``key`` is incomplete also without the self-link that the original writes there.
    ``faults`` by section take the fields that cannot be read; without them the first one is raised.
    """
    head: dict[str, str] = {}
    parts: dict[str, dict[str, Any]] = {"meta": {}, "spec": {}, "status": {}}
    raw: dict[str, Any] = {}
    if value is None:
        raise InvalidArgument("value", None, "must be an object, not null")
    for given, item in entries(value, "value"):
        name = given.lower()
        if name in parts:
            values, unknown = _SECTIONS[name].read(item, faults=None if faults is None else faults[name])
            parts[name].update(values)
            if unknown:
                raw[name] = {**raw.get(name, {}), **unknown}
        elif name in _HEAD:
            head[_HEAD[name]] = read_text(item, name)
        else:
            raw[given] = item
    if head.get("kind") and head["kind"].lower() != "module":
        raise InvalidArgument("kind", head["kind"], "must be Module")
    if raw and _too_deep(raw):
        raise InvalidArgument("value", None, f"is nested deeper than {_MAX_DEPTH} levels")
    about, spec, status = _Meta(**(parts["meta"] | meta)), _Spec(**parts["spec"]), _Status(**parts["status"])
    module: Module = _Module(
        meta=about,
        spec=spec,
        status=status,
        kind=head.get("kind") or "Module",
        api_version=head.get("api_version") or "v1",
        raw=raw,
        incomplete=not head.get("kind") or bool(key and parts["meta"].get("self_link") != key),
    )
    about.__class__, spec.__class__, status.__class__ = ObjectMeta, ModuleSpec, ModuleStatus
    module.__class__ = Module
    return module


def _to_json(module: Module) -> dict[str, Any]:
    value: dict[str, Any] = {"kind": module.kind, "api-version": module.api_version}
    for name, table in _SECTIONS.items():
        value[name] = table.write(getattr(module, name), module.raw.get(name, {}), module.unread.get(name))
    for key, item in module.raw.items():
        if key not in _SECTIONS:
            value[key] = item
    return value


def _dump(value: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    # Integers of more than 64 bits, which only the standard library writes; or something that JSON cannot hold.
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidArgument("module", None, f"cannot be written as JSON: {shorten(str(error), 200)}") from error


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MAX_DEPTH):
        level = [
            item
            for parent in level
            for item in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True
