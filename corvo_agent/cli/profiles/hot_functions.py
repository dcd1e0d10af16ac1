"""Which functions a profile spends its time (or bytes) in: the rows that people read first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ...errors import InvalidArgument
from ...profiles.pprof.model import Frame, Profile, Sample, Stack, ValueType
from ...profiles.shown.amounts import place_of, quantity
from ...profiles.stacks.own import own_functions

Hidden: TypeAlias = Callable[[str], bool]


class HotFunction(NamedTuple):
    """``flat`` is what was spent in the function itself, ``cumulative`` what in it and in all that it called.

    ``line`` is the one in it that most was spent in; 0 and "" stand for a line and a file that are not known.
    """

    name: str
    filename: str
    line: int
    flat: int
    cumulative: int

    @property
    def place(self) -> str:
        """``FILE:LINE``, as editors take it; "" without a file."""
        return place_of(self.filename, self.line)


#: What is one function: its name and its file. Two files may have functions of one name.
Function: TypeAlias = tuple[str, str]


def function_of(frame: Frame) -> Function:
    """The function that ``frame`` is a call of."""
    return frame.function, frame.filename


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of one sample type of a profile: a stack, leaf first, with a value.

    ``is_own`` says of a function, by its name, whether it is that of the agent which took the profile.
    """

    type: ValueType
    samples: tuple[tuple[Stack, int], ...]
    is_own: Hidden = field(default=lambda _: False, compare=False)

    @property
    def total(self) -> int:
        """The sum; what is less than before counts as much as what is more."""
        return sum(abs(value) for _, value in self.samples)

    def hottest(self, count: int, *, everything: bool = False, by_cumulative: bool = False) -> list[HotFunction]:
        """The functions with the highest flat values, those with the highest cumulative ones among equals first.

        With ``by_cumulative`` the other way round. The agent's own only with ``everything``.
        """
        flat: Counter[Function] = Counter()
        cumulative: Counter[Function] = Counter()
        lines: dict[Function, Counter[int]] = {}
        for stack, value in self.samples:
            if stack:
                flat[function_of(stack[0])] += value
            seen: set[Function] = set()
            for frame in stack:
                function = function_of(frame)
                if function not in seen:
                    seen.add(function)
                    cumulative[function] += value
                    lines.setdefault(function, Counter())[frame.line] += abs(value)
        found = [
            HotFunction(*function, _most(lines[function]), flat[function], value)
            for function, value in cumulative.items()
            if everything or not self.is_own(function[0])
        ]
        found.sort(key=lambda each: (-abs(each.flat), -abs(each.cumulative), each.name, each.filename))
        if by_cumulative:
            found.sort(key=lambda each: -abs(each.cumulative))
        return found[:count]

    @property
    def own(self) -> int:
        """What was spent in the agent's own functions themselves."""
        return sum(value for stack, value in self.samples if stack and self.is_own(stack[0].function))

    def share(self, value: int) -> str:
        """``value`` in percent of the total."""
        return f"{100 * value / self.total:.1f}%" if self.total else "0.0%"

    def text(self, value: int) -> str:
        """``value`` with its unit, as people read it."""
        return quantity(value, self.type.unit)


def measured(profile: Profile, sample_type: str = "") -> Measured:
    """The values of ``sample_type``; of the one that the profile itself puts first unless given.

    Raises InvalidArgument for a type that is not in it.
    """
    names = [each.type for each in profile.sample_types]
    # As in go tool pprof: the last one, where the profile names none.
    wanted = sample_type or profile.default_sample_type or names[-1]
    if wanted not in names:
        raise InvalidArgument("--sample-type", sample_type or wanted, "not in this profile", names)
    column = names.index(wanted)
    return Measured(profile.sample_types[column], tuple(_column(profile.samples, column)), own_functions(profile))


def difference(new: Measured, old: Measured) -> Measured:
    """What became more since ``old``, and less, below 0; stacks with the same value in both are left out."""
    values: Counter[Stack] = Counter()
    for stack, value in new.samples:
        values[stack] += value
    for stack, value in old.samples:
        values[stack] -= value
    return Measured(new.type, tuple((stack, value) for stack, value in values.items() if value), new.is_own)


def _column(samples: Iterable[Sample], column: int) -> Iterable[tuple[Stack, int]]:
    for sample in samples:
        if sample.values[column]:
            yield sample.stack, sample.values[column]


def _most(lines: Counter[int]) -> int:
    # The first one among equals, whatever order the samples came in.
    return min(lines, key=lambda line: (-lines[line], line))
