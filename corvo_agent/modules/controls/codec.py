"""Controls as they lie in the store: their keys, and the JSON that people may write with etcdctl.

::

    etcdctl put /corvo/v1/modules/NAME/controls/ID '{"level":"Debug","until":"2026-11-26T12:00:00Z","reason":"..."}'
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

from ...errors import DecodeError, InvalidArgument, shorten
from ...levels.level_filter import Scope
from ...levels.logger_name import check_logger_name
from ..json.tables import JsonField, JsonTable, level, read_text, text, time
from ..kv import KeyValue
from ..names import BESIDE_PREFIX, validate_name
from .control import MAX_CONTROL_BYTES, Control

_CONTROLS = "/controls/"
#: Longest id of a control, in characters.
MAX_ID = 128
# Names of loggers that are an id as they are.
_PLAIN = re.compile(r"[\w.\-]{1,100}", re.ASCII)
_PROCESS_ID = "process"


def controls_prefix(name: str) -> str:
    """Every control of the Module ``name`` lies below this key. Raises InvalidArgument for a bad name."""
    return f"{BESIDE_PREFIX}{validate_name(name, 'name')}{_CONTROLS}"


def control_key(name: str, id: str) -> str:
    """The key of the control ``id`` of the Module ``name``. Raises InvalidArgument for a bad name or id."""
    if not _is_id(id):
        raise InvalidArgument("control", id, f"must be one to {MAX_ID} characters without a slash")
    return controls_prefix(name) + id


def control_of(key: str) -> tuple[str, str] | None:
    """The Module and the id of the control at ``key``, a key below ``BESIDE_PREFIX``; None for what is no control."""
    name, found, id = key.removeprefix(BESIDE_PREFIX).partition(_CONTROLS)
    return (name, id) if found and _is_id(id) and "/" not in name and key.startswith(BESIDE_PREFIX) else None


def _is_id(id: str) -> bool:
    return 0 < len(id) <= MAX_ID and "/" not in id and id.isprintable()


def id_of(logger: str) -> str:
    """The id under which our tools write the control of ``logger``: one each, so that the next one takes its place."""
    if not logger:
        return _PROCESS_ID
    if _PLAIN.fullmatch(logger):
        return f"logger:{logger}"
    return f"logger:#{hashlib.sha256(logger.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def encode_control(control: Control) -> bytes:
    """The JSON of ``control``: an object, times in RFC 3339, empty fields left out.

    Raises InvalidArgument for what ``decode_control`` would refuse.
    """
    value: bytes = orjson.dumps(control_to_dict(control))
    _check_size(len(value))
    _read(orjson.loads(value))
    return value


def control_to_dict(control: Control) -> dict[str, Any]:
    """``control`` in JSON types, without its id and its revision."""
    return _TABLE.write(control, {})


def decode_control(item: KeyValue) -> Control:
    """The control in ``item``. Raises DecodeError, also for a key that there is not.

    A misspelt ``until`` would be a level without an end, and what a later version means by a key may well be that the
    level is not for us.
    """
    what = f"{item.key} at revision {item.mod_revision}"
    found = control_of(item.key)
    try:
        _check_size(len(item.value))
        values = _read(orjson.loads(item.value))
    except InvalidArgument as error:
        raise DecodeError(what, str(error)) from error
    except ValueError as error:
        raise DecodeError(what, f"not JSON: {shorten(str(error), 200)}") from error
    return Control(**values, id=found[1] if found else "", revision=item.mod_revision)


def control_from_dict(value: Any) -> Control:
    """The control that a JSON object describes, as ``control_to_dict`` makes it. Raises InvalidArgument."""
    return Control(**_read(value))


def _check_size(size: int) -> None:
    if size > MAX_CONTROL_BYTES:
        raise InvalidArgument("control", size, f"must have at most {MAX_CONTROL_BYTES} bytes")


def _read(value: Any) -> dict[str, Any]:
    values, unknown = _TABLE.read(value)
    if unknown:
        raise InvalidArgument(f"control.{min(unknown)}", None, "there is no such key", tuple(_KEYS))
    if not values.get("level"):
        raise InvalidArgument("control.level", None, "is missing")
    return values


def _read_logger(value: Any, path: str) -> str:
    name = read_text(value, path)
    check_logger_name(name, path)
    return "" if name == "root" else name


def _read_scope(value: Any, path: str) -> Scope:
    """ "app", "all", or names with commas between them."""
    written = read_text(value, path)
    if written in ("", "app", "all"):
        return written
    names = tuple(name.strip() for name in written.split(","))
    for name in names:
        check_logger_name(name, path)
        if not name:
            raise InvalidArgument(path, written, "must be app, all, or names of loggers with commas between them")
    return names


def _write_scope(scope: Scope, _kept: Any) -> str:
    return scope if isinstance(scope, str) else ",".join(scope)


_TABLE = JsonTable(
    "control",
    level("level", "level", always=True),
    time("until", "until"),
    JsonField("logger", "logger", _read_logger, lambda value, _: value),
    JsonField("scope", "scope", _read_scope, _write_scope),
    text("by", "by"),
    text("reason", "reason"),
)
_KEYS = [field.key for field in _TABLE.fields]
