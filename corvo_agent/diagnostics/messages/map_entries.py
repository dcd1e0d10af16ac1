"""The entries of a map<string,string>, written: the innermost loop of every Log answer, so this is made for speed.

It works on str, not on bytes. A length is written as the characters with its bytes' code points, ASCII text stands for
itself, other text as the characters of its UTF-8 bytes; ``encode("latin-1")``, once for a whole answer, makes bytes of
it. All that precedes a value (tags, lengths and the key) depends on the key and the value's length only, so it is kept
in a table: an entry is a look-up and two strings. Records of one shape (the same keys in the same order) share the
tables and a function that joins all their entries in one f-string, which CPython builds without any string between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

from ...protobuf.wire import text, varint

_SHAPES = 1024  # kept; keys come from log lines, so their number must not grow without bound
_LENGTHS = 512  # heads kept for each key
_SHAPE_LENGTH = 4096  # characters of all keys; longer ones are not worth being kept
_LARGEST_WRITER = 64


class _Heads(dict[int, str]):
    """For one key: length of the value -> everything that stands before the value in its map entry."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = latin(key)

    def __missing__(self, length: int) -> str:
        inner = "\n" + latin_varint(len(self._key)) + self._key + "\x12" + latin_varint(length)
        head = "\n" + latin_varint(len(inner) + length) + inner
        if len(self) < _LENGTHS:
            self[length] = head
        return head


_Tables = tuple[_Heads, ...]
_Writer = Callable[[_Tables, Collection[str]], str]

_tables: dict[str, _Heads] = {}
_shapes: dict[tuple[str, ...], tuple[_Writer, _Tables]] = {}


def latin(value: str) -> str:
    """``value``'s UTF-8 bytes as characters."""
    return value if value.isascii() else text(value).decode("latin-1")


def latin_varint(number: int) -> str:
    """``number`` as a varint, its bytes as characters."""
    return varint(number).decode("latin-1")


def write_entries(values: Mapping[str, str]) -> str:
    """All entries of the map ``values`` (field 1), bytes as characters; TypeError for a value that is not str."""
    keys = tuple(values)
    write, tables = _shapes.get(keys) or _learn(keys)
    plain: Collection[str] = values.values()
    # One check of the joined values is cheaper than one for each of them.
    if not "".join(plain).isascii():
        plain = [value if value.isascii() else latin(value) for value in plain]
    return write(tables, plain)


def _learn(keys: tuple[str, ...]) -> tuple[_Writer, _Tables]:
    if sum(map(len, keys)) > _SHAPE_LENGTH:
        return _write_many, tuple(map(_Heads, keys))
    if len(_shapes) >= _SHAPES:
        _shapes.clear()
        _tables.clear()
    write = _writer(len(keys)) if 0 < len(keys) <= _LARGEST_WRITER else _write_many
    shape = write, tuple(_tables.setdefault(key, _Heads(key)) for key in keys)
    _shapes[keys] = shape
    return shape


def _write_many(tables: _Tables, values: Collection[str]) -> str:
    return "".join([heads[len(value)] + value for heads, value in zip(tables, values, strict=True)])


@lru_cache(_LARGEST_WRITER)
def _writer(count: int) -> _Writer:
    """What ``_write_many`` does, for exactly ``count`` entries, in two thirds of its time.

    The code is made from ``count`` alone, as the standard library makes that of named tuples.
    """
    numbers = range(count)
    entries = "".join(f"{{t{n}[len(v{n})]}}{{v{n}}}" for n in numbers)
    source = (
        f"def write(tables, values):\n"
        f"    {''.join(f't{n},' for n in numbers)} = tables\n"
        f"    {''.join(f'v{n},' for n in numbers)} = values\n"
        f"    return f'{entries}'\n"
    )
    namespace: dict[str, _Writer] = {}
    # Of nothing but a number of ours.
    exec(source, namespace)  # nosec B102
    return namespace["write"]
