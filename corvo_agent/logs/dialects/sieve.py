"""Finds the lines of a block that may have a level, without reading the others: by how the lines of its file begin.

It finds every line that is not proven to have another level, so that none is missed, whatever it looks like: the
pattern is the complement of "begins as the template says, followed by a level that is not wanted". Such a pattern
starts with a newline, and the search goes from line to line at the speed of memchr.

A line whose object has the key of the level twice, of which the last one counts, is found by ``others``, and so is one
that holds two objects: what a program left unfinished when it died, and the first line of its successor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any

from .byte_pattern import BytePattern
from .line_reader import LineReader
from .severity import WORDS, Severity, of_number
from .template import Fixed, Piece, Template, learn
from .text_forms import EVERYDAY

_ALL = frozenset(range(256))
_NUMBERS = (*range(25), *range(30, 61, 10), *range(100, 801, 50), *range(1000, 50001, 1000))
_END = -1  # stands in a tree of words for the end of one


class Sieve:
    """Finds lines by ``template`` whose severity is not proven to be one that ``passes`` refuses."""

    def __init__(self, template: Template, passes: Callable[[Severity], bool]) -> None:
        self.template = template
        value = _odd_value(template, passes)
        odd = _before(template.pieces, value).whole
        self._first = BytePattern(f"(?:{odd})")
        self._next = BytePattern(f"\\n(?:{odd})")
        key, between = template.begins
        glued = (f"{key}(?:{_before((Fixed(between),), value).whole})",) if key else ()
        #: What finds lines that begin as the template says and say something else after all.
        self.others = tuple(map(BytePattern, (*template.again, *glued)))

    def find(self, data: bytes | bytearray, start: int, end: int) -> int:
        """Where the first such line of ``data[start:end]`` starts, or -1.

        ``start`` is the start of a line, ``data[end]`` a newline.
        """
        if self._first.begins(data, start, end + 1):
            return start
        found = self._next.find(data, start, end + 1)
        return -1 if found < 0 or found >= end else found + 1


def learn_template(lines: Iterable[bytes], reader: LineReader) -> Template | None:
    """The template that most of ``lines`` have; None when none has half of them."""
    count = 0
    found: Counter[Template] = Counter()
    for line in lines:
        count += 1
        template = learn(line, reader)
        if template is not None:
            found[template] += 1
    best = found.most_common(1)
    return best[0][0] if best and best[0][1] * 2 >= count else None


@dataclass(frozen=True, slots=True)
class _Odd:
    """What may come at some place of a line, and how everything else is found.

    ``expected`` are the bytes that may stand there, ``inner`` is the pattern of what begins with one and is odd
    after all, ``whole`` that of everything odd.
    """

    expected: frozenset[int]
    inner: str
    whole: str

    @classmethod
    def of(cls, expected: frozenset[int], inner: str) -> _Odd:
        return cls(expected, inner, _or(_one(_ALL - expected), inner))


def _before(pieces: tuple[Piece, ...], odd: _Odd) -> _Odd:
    """The same of ``pieces`` behind which ``odd`` comes. No two varying pieces stand side by side."""
    for piece in reversed(pieces):
        if isinstance(piece, Fixed):
            for byte in reversed(piece.data):
                odd = _Odd.of(frozenset({byte}), _then(frozenset({byte}), odd.whole))
        else:
            members = frozenset(piece.members)
            inside = _ALL - members if piece.is_excluded else members
            # A loop, whose own bytes lead nowhere else; there may be none of them.
            rest = _or(_one(_ALL - inside - odd.expected), odd.inner)
            loop = f"{_one(inside)}*(?:{rest})" if rest else ""
            odd = _Odd(inside | odd.expected, _or(_then(inside, loop), odd.inner), loop)
    return odd


def _or(*patterns: str) -> str:
    return "|".join(filter(None, patterns))


def _then(members: frozenset[int], rest: str) -> str:
    return f"{_one(members)}(?:{rest})" if rest else ""


def _odd_value(template: Template, passes: Callable[[Severity], bool]) -> _Odd:
    """The same of a level that ``passes`` refuses, and what stands behind it."""
    tree: dict[int, Any] = {}
    if template.scale is not None:
        for number in _NUMBERS:
            severity = of_number(number, template.scale)
            if severity is not None and not passes(severity):
                _plant(tree, str(number))
    else:
        for severity, words in WORDS.items():
            for word in words:
                if not passes(severity) and (len(word) == 1) == template.is_letter and word not in EVERYDAY:
                    _plant(tree, word)
    anything = _Odd(_ALL, "", "")
    ending = _before(template.behind, anything) if template.behind else _Odd.of(frozenset(template.ending), "")
    return _odd_word(tree, ending)


def _plant(tree: dict[int, Any], word: str) -> None:
    for character in word:
        tree = tree.setdefault(ord(character), {})
    tree[_END] = True


def _odd_word(tree: Mapping[int, Any], ending: _Odd) -> _Odd:
    """The same of the words in ``tree``, behind each of which ``ending`` comes."""
    expected = ending.expected if _END in tree else frozenset()
    parts = [ending.inner] if _END in tree else []
    for byte, inner in tree.items():
        if byte != _END:
            cases = frozenset(chr(byte).lower().encode() + chr(byte).upper().encode())
            expected |= cases
            parts.append(_then(cases, _odd_word(inner, ending).whole))
    return _Odd.of(expected, _or(*parts))


def _one(members: Set[int]) -> str:
    """The pattern of one byte that is among ``members``; "" when there are none."""
    if not members:
        return ""
    if len(members) > 128:
        excluded = _ALL - members
        return "[^" + "".join(f"\\x{byte:02x}" for byte in sorted(excluded)) + "]" if excluded else "[\\x00-\\xff]"
    return "[" + "".join(f"\\x{byte:02x}" for byte in sorted(members)) + "]"
