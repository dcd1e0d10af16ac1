"""A profile as we think of it: stacks with values and labels. Without I/O and without knowledge of protobuf.

The nouns are those of pprof's profile.proto; stacks are written leaf first, as there. The parts that come in
hundreds of thousands are named tuples: they hash and compare in C, which is what the encoder spends its time on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias


class ValueType(NamedTuple):
    """What a value of a sample means, such as ``cpu`` in ``nanoseconds`` or ``samples`` in ``count``."""

    type: str
    unit: str


class Frame(NamedTuple):
    """One call: a function, and the line in it that runs or waits.

    ``function`` has the module in front (``json.decoder.JSONDecoder.decode``): pprof adds up functions of the same
    name, wherever they stand. ``line`` and ``start_line`` count from 1, 0 stands for unknown.
    """

    function: str
    filename: str = ""
    line: int = 0
    start_line: int = 0


#: Frames from the innermost (where the program is) to the outermost, in pprof's order.
Stack: TypeAlias = tuple[Frame, ...]


class Label(NamedTuple):
    """A tag of a sample; ``unit`` goes with a number. An empty text says nothing and is not written."""

    key: str
    value: str | int
    unit: str = ""


class Sample(NamedTuple):
    """One stack, leaf first, and what was measured in it: one value for each of the profile's ``sample_types``."""

    stack: Stack
    values: tuple[int, ...]
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Samples and what they mean. ``samples`` may be an iterator, which is read once when the profile is encoded.

    ``time_ns`` is when the measuring began (nanoseconds since the epoch), ``duration_ns`` how long it took,
    ``period`` how many ``period_type`` lie between two samples; 0 where it means nothing. ``comments`` tell people
    how it was measured. ``program`` is the file that ran. ``default_sample_type`` names one of ``sample_types``.
    """

    sample_types: tuple[ValueType, ...]
    samples: Iterable[Sample] = ()
    default_sample_type: str = ""
    period_type: ValueType | None = None
    period: int = 0
    time_ns: int = 0
    duration_ns: int = 0
    comments: tuple[str, ...] = field(default=())
    program: str = ""

    def total(self, sample_type: str) -> int:
        """The sum of one kind of value over all samples; ``sample_type`` has to be one of ``sample_types``."""
        column = [each.type for each in self.sample_types].index(sample_type)
        return sum(sample.values[column] for sample in self.samples)
