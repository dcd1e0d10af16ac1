"""Profile -> perftools.profiles.Profile, gzipped: what ``go tool pprof`` and its peers read.

Written straight to bytes (format: google/pprof, proto/profile.proto; encoding: protobuf.dev, "Encoding"), because a
hundred thousand stacks as message objects would take seconds. Fields stand in the order of their numbers and equal
profiles give equal bytes. ``pprof_reader`` reads them back.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

from ..pacing.pace import Pace, off_loop
from .model import Frame, Label, Profile, Sample, Stack, ValueType

# As pprof's own writers do: a profile is looked at once, so speed counts for more than the last tenth of its size.
LEVEL = 1
_GZIP = 31
_SLICE = 128
# Threads and states come again and again, names of tasks only once.
_MAX_CACHED = 4096
_MAPPING = 1
_TWO_TO_64 = 1 << 64


class _Varints(dict[int, bytes]):
    """Numbers as varints, each encoded once; a negative one takes ten bytes, as int64 does."""

    def __missing__(self, number: int) -> bytes:
        if 0 <= number < 128:
            encoded = b"%c" % number
        elif 0 < number < 16384:
            encoded = b"%c%c" % (number & 127 | 128, number >> 7)
        else:
            encoded = _long_varint(number % _TWO_TO_64)
        self[number] = encoded
        return encoded


def _long_varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


class _Strings(dict[str, int]):
    """The string table: text -> index; "" is 0."""

    def __missing__(self, text: str) -> int:
        self[text] = index = len(self)
        return index


class _Locations(dict[Frame, bytes]):
    """Frame -> the varint of its location id, given on first sight, beginning with 1."""

    def __init__(self, varints: _Varints) -> None:
        super().__init__()
        self._varints = varints

    def __missing__(self, frame: Frame) -> bytes:
        self[frame] = encoded = self._varints[len(self) + 1]
        return encoded


class _Encoder:
    """The tables of one profile, filled while its samples are written."""

    def __init__(self) -> None:
        self._varints = _Varints()
        self._strings = _Strings({"": 0})
        self._locations = _Locations(self._varints)
        self._labels: dict[Label, bytes] = {}
        self._values: dict[tuple[int, ...], bytes] = {}
        self._last: Stack = ()
        self._last_locations = b""

    def pieces(self, profile: Profile) -> Iterator[bytes]:
        """The message in small pieces, each made in well under a millisecond."""
        yield b"".join(self._delimited(0x0A, self._value_type(each)) for each in profile.sample_types)
        samples = iter(profile.samples)
        while batch := list(islice(samples, _SLICE)):
            yield b"".join(map(self._sample, batch))
        mapping = self._mapping(profile.program)
        tail = self._tail(profile)
        yield mapping
        yield from self._functions_and_locations()
        yield from _batches(map(self._string, self._strings))
        yield tail

    def _number(self, tag: int, number: int) -> bytes:
        return b"%c%b" % (tag, self._varints[number]) if number else b""

    def _delimited(self, tag: int, body: bytes) -> bytes:
        return b"%c%b%b" % (tag, self._varints[len(body)], body)

    def _value_type(self, value_type: ValueType) -> bytes:
        return self._number(0x08, self._strings[value_type.type]) + self._number(0x10, self._strings[value_type.unit])

    def _sample(self, sample: Sample) -> bytes:
        stack, values, labels = sample
        # Tasks at the same place come with one stack, again and again.
        if stack is not self._last:
            self._last, self._last_locations = stack, self._location_ids(stack)
        locations = self._last_locations
        encoded = self._values.get(values)
        if encoded is None:
            self._values[values] = encoded = self._delimited(0x12, b"".join(map(self._varints.__getitem__, values)))
        body = locations + encoded
        if labels:
            body += b"".join([self._labels.get(label) or self._label(label) for label in labels])
        return b"\x12%b%b" % (self._varints[len(body)], body)

    def _location_ids(self, stack: Stack) -> bytes:
        locations = b"".join(map(self._locations.__getitem__, stack))
        return b"\x0a%b%b" % (self._varints[len(locations)], locations) if locations else b""

    def _label(self, label: Label) -> bytes:
        key, value, unit = label
        if value == "":
            return b""
        body = self._number(0x08, self._strings[key])
        if isinstance(value, str):
            body = b"%b\x10%b" % (body, self._varints[self._strings[value]])
        else:
            body = b"%b%b%b" % (body, self._number(0x18, value), self._number(0x20, self._strings[unit]))
        encoded = b"\x1a%b%b" % (self._varints[len(body)], body)
        if len(self._labels) < _MAX_CACHED:
            self._labels[label] = encoded
        return encoded

    def _string(self, text: str) -> bytes:
        encoded = _utf8(text)
        return b"\x32%b%b" % (self._varints[len(encoded)], encoded)

    def _mapping(self, program: str) -> bytes:
        # One mapping that says that nothing is left to symbolize: pprof would look for the binary otherwise.
        body = self._number(0x08, _MAPPING) + self._number(0x28, self._strings[program])
        return self._delimited(0x1A, body + b"\x38\x01\x40\x01\x48\x01")

    def _functions_and_locations(self) -> Iterator[bytes]:
        functions: dict[tuple[str, str, int], int] = {}
        yield from _batches(map(self._location, self._locations, self._function_ids(functions)))
        yield from _batches(self._function(number, *key) for key, number in functions.items())

    def _function_ids(self, functions: dict[tuple[str, str, int], int]) -> Iterator[int]:
        for frame in self._locations:
            key = (frame.function, frame.filename, frame.start_line)
            yield functions.setdefault(key, len(functions) + 1)

    def _location(self, frame: Frame, function: int) -> bytes:
        line = self._number(0x08, function) + self._number(0x10, frame.line)
        body = b"\x08%b%b%b" % (self._locations[frame], self._number(0x10, _MAPPING), self._delimited(0x22, line))
        return self._delimited(0x22, body)

    def _function(self, number: int, name: str, filename: str, start_line: int) -> bytes:
        index = self._strings[name]
        body = self._number(0x08, number) + self._number(0x10, index) + self._number(0x18, index)
        body += self._number(0x20, self._strings[filename]) + self._number(0x28, start_line)
        return self._delimited(0x2A, body)

    def _tail(self, profile: Profile) -> bytes:
        parts = [self._number(0x48, profile.time_ns), self._number(0x50, profile.duration_ns)]
        if profile.period_type is not None:
            parts.append(self._delimited(0x5A, self._value_type(profile.period_type)))
        parts.append(self._number(0x60, profile.period))
        if profile.comments:
            indices = b"".join(self._varints[self._strings[comment]] for comment in profile.comments)
            parts.append(self._delimited(0x6A, indices))
        parts.append(self._number(0x70, self._strings[profile.default_sample_type]))
        return b"".join(parts)


def _utf8(text: str) -> bytes:
    # A file name that is not UTF-8 comes with surrogates, which no reader of protobuf strings takes.
    return text.encode("utf-8", "backslashreplace")


def _batches(pieces: Iterable[bytes]) -> Iterator[bytes]:
    iterator = iter(pieces)
    while batch := b"".join(islice(iterator, _SLICE)):
        yield batch


def encode(profile: Profile, pace: Pace | None = None) -> bytes:
    """The gzipped message, with no time in its header. Blocks; ``pace`` lets others run between its slices."""
    gzip = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    out = []
    for piece in _Encoder().pieces(profile):
        if pace is not None:
            pace.breathe()
        out.append(gzip.compress(piece))
    out.append(gzip.flush())
    return b"".join(out)


async def encode_off_loop(profile: Profile) -> bytes:
    """As ``encode``, in a thread, in slices that let the event loop run; ends early when cancelled."""
    return await off_loop(lambda pace: encode(profile, pace))
