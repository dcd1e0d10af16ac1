"""What REST accepts as a body: JSON as Go reads it, and the rules that a Module has to keep."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ...errors import DecodeError, InvalidArgument, ValidationFailed
from ...levels.level import Level
from ...modules.json.codec import INVALID, module_from_dict
from ...modules.model import Module, ModuleSpec
from ...modules.module_level import APPLIED, CONTROLS
from ...modules.names import MAX_NAME_LENGTH, NAME_PATTERN

#: Labels with this prefix belong to the system: requests of REST can neither set nor remove them.
RESERVED_PREFIX = "io.pensando."

_LEVELS = ("info", "warn", "error", "debug")
_CATEGORIES = ("venice", "naples")
# What is shown with a Module and is no part of it.
_SHOWN_ONLY = (INVALID, CONTROLS, APPLIED)
# Characters of the longest integer of 64 bits, sign included.
_DIGITS = 20
_SECTIONS = ("meta", "spec", "status")
_IGNORED = ("kind", "api-version", "name", "uuid", "generation-id", "creation-time", "mod-time", "self-link")


def read_object(data: bytes) -> dict[str, Any]:
    """The first JSON value of a body, which must be an object; nothing at all and null are an empty one.

    What follows the value is ignored, as Go's decoder does. Raises DecodeError.
    """
    if not data.strip():
        return {}
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        # Slower, but it stops after the first value as Go does, and its errors say where.
        value = _first_value(data)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DecodeError("request body", "the body must be a JSON object")
    return value


def _first_value(data: bytes) -> Any:
    try:
        text = data.decode().lstrip()
        # Numbers beyond 64 bits are floats, as the fast decoder has them: their digits need not be counted.
        decoder = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_read_integer, parse_float=_read_float)
        value = decoder.raw_decode(text)[0]
        # Half of a pair that stands alone (\ud800) is no character: it could be neither stored nor shown.
        json.dumps(value, ensure_ascii=False).encode()
        return value
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated"):
            raise DecodeError("request body", "unexpected EOF") from None
        raise DecodeError("request body", f"{error.msg} at character {error.pos + 1}") from None
    except UnicodeDecodeError:
        raise DecodeError("request body", "the body is not UTF-8") from None
    except UnicodeEncodeError:
        raise DecodeError("request body", "a string holds half of a surrogate pair") from None
    except RecursionError:
        raise DecodeError("request body", "the body is nested too deeply") from None


def _read_integer(text: str) -> int | float:
    return int(text) if len(text) <= _DIGITS else _read_float(text)


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise DecodeError("request body", f"the number {text[:20]}... is too large")
    return value


def _refuse_constant(name: str) -> Any:
    raise DecodeError("request body", f"{name} is not JSON")


def fold(body: dict[str, Any]) -> dict[str, Any]:
    """``body`` with the keys of the object and of its sections in lower case; null members are left out."""
    folded: dict[str, Any] = {}
    for key, value in body.items():
        name = key.lower()
        if name in _SECTIONS and isinstance(value, dict):
            value = {inner.lower(): item for inner, item in value.items() if item is not None}
        if value is not None:
            folded[name] = value
    return folded


def text_of(body: Mapping[str, Any], key: str) -> str:
    """The string at ``key`` of a body, "" when it is missing or null; raises DecodeError for another type."""
    value = body.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DecodeError("request body", f"{key}: must be a string")
    return value


def read_module(body: dict[str, Any]) -> Module:
    """The Module of a folded body that passed ``check``; raises DecodeError when a field has a wrong type."""
    try:
        # What it says of the stored one is no part of it: a person sends back what was shown, mended.
        module = module_from_dict({key: value for key, value in body.items() if key not in _SHOWN_ONLY})
    except InvalidArgument as error:
        raise DecodeError("request body", str(error)) from None
    labels = {key: value for key, value in module.meta.labels.items() if not key.startswith(RESERVED_PREFIX)}
    return module.with_meta(labels=labels)


def without_ignored(body: dict[str, Any]) -> dict[str, Any]:
    """A folded body of a person's update without what the original does not look at: the object has these already."""
    meta = body.get("meta")
    kept = {key: value for key, value in body.items() if key not in _IGNORED or not isinstance(value, str)}
    if isinstance(meta, dict):
        kept["meta"] = {key: item for key, item in meta.items() if key not in _IGNORED or not isinstance(item, str)}
    return kept


def check(body: dict[str, Any], name: str) -> None:
    """Hold a folded body against the rules of a Module called ``name``; values of wrong types are left to others.

    Raises ValidationFailed with one line for each broken rule, in the order of the object.
    """
    # On JSON rather than on a Module: an absent level is fine where an empty one is not.
    meta, spec, status = (_section(body, section) for section in _SECTIONS)
    lines = [
        *name_lines(name),
        *scope_lines(meta.get("tenant"), meta.get("namespace")),
        *level_lines("Spec.LogLevel", spec.get("log-level")),
        *category_lines(status.get("category")),
    ]
    if lines:
        raise ValidationFailed("Module", lines)


def check_module(module: Module, *, spec: bool = True, status: bool = True) -> None:
    """The same for a Module that came complete, as over gRPC, where nothing is filled in.

    ``spec`` and ``status`` say which of its parts count. Raises ValidationFailed.
    """
    lines = [
        *name_lines(module.name),
        *scope_lines(module.meta.tenant, module.meta.namespace),
        *(_spec_lines(module.spec) if spec else ()),
        *(category_lines(module.status.category) if status else ()),
    ]
    if lines:
        raise ValidationFailed("Module", lines)


def _spec_lines(spec: ModuleSpec) -> Iterator[str]:
    yield from level_lines("Spec.LogLevel", spec.log_level)


def name_lines(name: str) -> Iterator[str]:
    """What is wrong with an object's name."""
    if not NAME_PATTERN.fullmatch(name):
        yield "ObjectMeta.Name does not meet naming requirements"
    if len(name) > MAX_NAME_LENGTH:
        yield f"ObjectMeta.Name too long(max {MAX_NAME_LENGTH} chars)"


def scope_lines(tenant: Any, namespace: Any) -> Iterator[str]:
    """A Module belongs to no tenant and no namespace."""
    if tenant:
        yield "Tenant not allowed for Module"
    if namespace:
        yield "Namespace not allowed for Module"


def level_lines(path: str, level: Any) -> Iterator[str]:
    """A level of the original's enumeration, in any case; None was not given, "" is wrong."""
    if isinstance(level, str) and level.lower() not in _LEVELS:
        yield f"{path} did not match allowed strings [{' '.join(_LEVELS)}]"


def named_level_lines(path: str, level: Any) -> Iterator[str]:
    """A level of our extensions, where ``None`` and ``all`` count too."""
    if isinstance(level, str):
        try:
            Level.parse(level)
        except InvalidArgument:
            yield f"{path} did not match allowed strings [{' '.join(_LEVELS)} none all]"


def category_lines(category: Any) -> Iterator[str]:
    """A category of the enumeration, in any case."""
    if isinstance(category, str) and category.lower() not in _CATEGORIES:
        yield f"Status.Category did not match allowed strings [{' '.join(_CATEGORIES)}]"


def check_apart(body: Mapping[str, Any], *, patch: bool = False) -> None:
    """Refuse what lies beside a Module: stored in it, no agent would follow it.

    A whole object may hold what was shown with it; a ``patch`` that names that wants to change it. Raises
    ValidationFailed.
    """
    spec = _section(body, "spec") if isinstance(body, dict) else {}
    lines = [f"Spec.{name}" for name in ("Override", "Loggers") if spec.get(name.lower()) is not None]
    lines += [name.capitalize() for name in (CONTROLS, APPLIED) if patch and body.get(name) is not None]
    if lines:
        hint = "is no part of a Module: PUT modules/NAME/level sets a level for a time"
        raise ValidationFailed("Module", [f"{line} {hint}" for line in lines])


def _section(body: dict[str, Any], name: str) -> dict[str, Any]:
    section = body.get(name)
    return section if isinstance(section, dict) else {}
