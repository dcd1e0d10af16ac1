"""perftools.profiles.Profile -> Profile: our own files and those of Go and every other writer.

What our model does not hold is left out on reading (addresses, build ids, frames to drop). The checks are those of
google/pprof's ``CheckValid``, so what is read here is opened by ``go tool pprof`` too.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from ...errors import DecodeError, ResourceExhausted
from ...protobuf.wire import decodes
from .fields import WHAT, block, numbers_of, packed, scalar, signed, values_of
from .model import Frame, Label, Profile, Sample, ValueType

MAX_BYTES = 256 << 20
_GZIP = 31
_MAGIC = b"\x1f\x8b"


@decodes(WHAT)
def decode(data: bytes, max_bytes: int = MAX_BYTES) -> Profile:
    """The profile in ``data``, gzipped or not.

    Raises DecodeError for anything that is not a valid profile, ResourceExhausted when it is longer than
    ``max_bytes`` unpacked. Blocks: a second or two for a hundred thousand stacks.
    """
    return _decode_message(_unpack(data, max_bytes))


def _unpack(data: bytes, max_bytes: int) -> bytes:
    if not data.startswith(_MAGIC):
        if len(data) > max_bytes:
            raise ResourceExhausted("bytes of a profile", max_bytes, len(data))
        return data
    # Not gzip.decompress, which has no bound: a small file may unpack to gigabytes.
    gzip = zlib.decompressobj(_GZIP)
    try:
        message = gzip.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise DecodeError(WHAT, f"not gzip: {error}") from error
    if len(message) > max_bytes:
        raise ResourceExhausted("bytes of a profile, unpacked", max_bytes)
    if not gzip.eof:
        raise DecodeError(WHAT, "the gzip data ends too early")
    # Another member would be silently ignored otherwise.
    if gzip.unused_data:
        raise DecodeError(WHAT, f"{len(gzip.unused_data)} bytes after the end of the gzip data")
    return message


def _decode_message(data: bytes) -> Profile:
    repeated: dict[int, list[int | bytes]] = {}
    for number, value in values_of(data):
        repeated.setdefault(number, []).append(value)
    tables = _Tables(repeated)
    # After the tables: everything else in the message refers to them, and fields may come in any order.
    types = tuple(tables.value_type(block(1, each)) for each in repeated.get(1, ()))
    samples = [tables.sample(block(2, each), len(types)) for each in repeated.get(2, ())]
    single = {number: signed(scalar(number, values[-1])) for number, values in repeated.items() if number in _SINGLE}
    period = repeated.get(11)
    return Profile(
        sample_types=types,
        samples=samples,
        default_sample_type=tables.text(single.get(14, 0)),
        period_type=tables.value_type(block(11, period[-1])) if period else None,
        period=single.get(12, 0),
        time_ns=single.get(9, 0),
        duration_ns=single.get(10, 0),
        comments=tuple(tables.text(index) for each in repeated.get(13, ()) for index in packed(each)),
        program=next(iter(tables.mappings.values()), ""),
    )


_SINGLE = frozenset((9, 10, 12, 14))


class _Tables:
    """The tables of a profile, by index or id; each lookup that fails is a DecodeError."""

    def __init__(self, repeated: Mapping[int, Sequence[int | bytes]]) -> None:
        self._strings = [block(6, each).decode() for each in repeated.get(6, ())]
        # Index 0 stands for a text that is not set, everywhere in the format (profile.proto).
        if self._strings[:1] != [""]:
            raise DecodeError(WHAT, "the string table does not begin with the empty text")
        self.mappings: dict[int, str] = {}
        self._functions: dict[int, tuple[str, str, int]] = {}
        self._locations: dict[int, tuple[Frame, ...]] = {}
        for each in repeated.get(3, ()):
            self._add_mapping(numbers_of(block(3, each)))
        for each in repeated.get(5, ()):
            self._add_function(numbers_of(block(5, each)))
        for each in repeated.get(4, ()):
            self._add_location(block(4, each))
        self._labels: dict[bytes, Label] = {}

    def text(self, index: int) -> str:
        """A text of the string table."""
        if not 0 <= index < len(self._strings):
            raise DecodeError(WHAT, f"text {index} of a table of {len(self._strings)}")
        return self._strings[index]

    def value_type(self, data: bytes) -> ValueType:
        """A message ValueType."""
        numbers = numbers_of(data)
        return ValueType(self.text(numbers.get(1, 0)), self.text(numbers.get(2, 0)))

    def sample(self, data: bytes, types: int) -> Sample:
        """A message Sample, which has to have ``types`` values."""
        locations: list[int] = []
        values: list[int] = []
        labels: list[Label] = []
        for number, value in values_of(data):
            if number == 1:
                locations += packed(value)
            elif number == 2:
                values += packed(value)
            elif number == 3:
                labels.append(self._label(block(3, value)))
        if len(values) != types or not types:
            raise DecodeError(WHAT, f"a sample with {len(values)} values where there are {types} sample types")
        try:
            stack = tuple(frame for each in locations for frame in self._locations[each])
        except KeyError as error:
            raise DecodeError(WHAT, f"a sample at location {error.args[0]}, which there is not") from None
        return Sample(stack, tuple(map(signed, values)), tuple(labels))

    def _label(self, data: bytes) -> Label:
        # Most labels are the same few bytes in every sample: one object for all of them.
        if data not in self._labels:
            numbers = numbers_of(data)
            value: str | int = self.text(numbers.get(2, 0)) or signed(numbers.get(3, 0))
            self._labels[data] = Label(self.text(numbers.get(1, 0)), value, self.text(numbers.get(4, 0)))
        return self._labels[data]

    def _add_mapping(self, numbers: Mapping[int, int]) -> None:
        self.mappings[_new_id("mapping", numbers, self.mappings)] = self.text(numbers.get(5, 0))

    def _add_function(self, numbers: Mapping[int, int]) -> None:
        name = self.text(numbers.get(2, 0)) or self.text(numbers.get(3, 0))
        start_line = signed(numbers.get(5, 0))
        filename = self.text(numbers.get(4, 0))
        self._functions[_new_id("function", numbers, self._functions)] = (name, filename, start_line)

    def _add_location(self, data: bytes) -> None:
        single: dict[int, int] = {}
        lines: list[Frame] = []
        for number, value in values_of(data):
            if number == 4:
                lines.append(self._line(numbers_of(block(4, value))))
            elif number in (1, 2, 3):
                single[number] = scalar(number, value)
        mapping = single.get(2, 0)
        if mapping and mapping not in self.mappings:
            raise DecodeError(WHAT, f"a location in mapping {mapping}, which there is not")
        # Native code without symbols has an address only.
        bare = (Frame(f"{single.get(3, 0):#x}", self.mappings.get(mapping, "")),)
        self._locations[_new_id("location", single, self._locations)] = tuple(lines) or bare

    def _line(self, numbers: Mapping[int, int]) -> Frame:
        function = numbers.get(1, 0)
        if function not in self._functions:
            raise DecodeError(WHAT, f"a line in function {function}, which there is not")
        name, filename, start_line = self._functions[function]
        return Frame(name, filename, signed(numbers.get(2, 0)), start_line)


def _new_id(kind: str, numbers: Mapping[int, int], known: Mapping[int, object]) -> int:
    found = numbers.get(1, 0)
    if found == 0 or found in known:
        raise DecodeError(WHAT, f"{kind} id {found} is reserved" if found == 0 else f"two {kind}s with id {found}")
    return found
