"""How the lines of a file begin, up to their level: the fixed bytes, and what varies between them.

A template is learned from one line. Another line that begins so, and has the value of a level there, has that level,
whatever comes behind: the key is the first one that counts in its dialect, or the place that its form gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from .envelopes import match_syslog, open_envelopes
from .fields import LEVEL_KEYS
from .line_reader import LineReader
from .severity import Scale
from .text_forms import level_place

_LONGEST = 300  # bytes before a level
_CRI = re.compile(rb"[0-9T:.Z+-]{20,40} std(?:out|err) F ")
_KEY = re.compile(rb"[^\"\\\n]{1,80}")
_PLAIN_NUMBER = re.compile(rb"-?[0-9.eE+-]+")
_BESIDES = ',"(?:' + "|".join(sorted({re.escape(key.partition(".")[0]) for key, _ in LEVEL_KEYS})) + ')[".]'
_MARK = re.compile(rb"[^\w\"\\\n]{1,2}", re.ASCII)
_PLAIN_TEXT = re.compile(rb"[^\"\\\n]*")


@dataclass(frozen=True, slots=True)
class Fixed:
    """Bytes that are the same in every line."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Varying:
    """Any number of bytes that are (or, when ``is_excluded``, are not) among ``members``."""

    members: bytes
    is_excluded: bool = False


Piece = Fixed | Varying

# Behind a level of text; inside of JSON, those that are written as they are.
_BEHIND, _BEHIND_QUOTED = b" \t:[]|)>,\r\n-/", b" :[]|)>,-/"
_PAIR = re.compile(rb'([A-Za-z_@][\w.@/-]*=)(?:"([^"\\\n]*)"|([!#-~]*))(?: |$)')
_BARE = Varying(bytes(range(0x21, 0x7F)).replace(b'"', b""))

_DIGITS = b"0123456789"
_LETTERS = bytes(range(65, 91)) + bytes(range(97, 123))
_NUMBER = Varying(_DIGITS + b".eE+-")
_TEXT = Varying(b'"\\\n', is_excluded=True)


@dataclass(frozen=True, slots=True)
class Template:
    """The pieces before the level.

    ``ending`` are the bytes one of which stands behind it, ``scale`` that of a number, or None for a word. A level of
    one letter, or at the beginning of a line, says too little by itself: the pieces ``behind`` it have to be there as
    well. ``again`` are patterns of lines that may have the key of the level once more, the last one of which counts, as
    everywhere in JSON. ``begins`` are, of objects that begin with their level, the pattern of its key and the bytes
    between that and the value: the key may stand there once more, and in another object on the same line; for others
    ``again`` finds both.
    """

    pieces: tuple[Piece, ...]
    ending: bytes
    scale: Scale | None
    is_letter: bool = False
    behind: tuple[Piece, ...] = ()
    again: tuple[str, ...] = ()
    begins: tuple[str, bytes] = ("", b"")


def learn(line: bytes, reader: LineReader) -> Template | None:
    """The template of a line; None when its level cannot be told by how it begins."""
    template = _learn(line, reader) if b"\n" not in line else None
    if template is None or isinstance(template.pieces[-1] if template.pieces else None, Varying):
        return None
    # Where one varying piece ends and the next one begins could not be told.
    for pieces in (template.pieces, template.behind):
        if any(isinstance(one, Varying) and isinstance(other, Varying) for one, other in pairwise(pieces)):
            return None
    return template


def _learn(line: bytes, reader: LineReader) -> Template | None:
    start = 0
    before: list[Piece] = []
    quote = b'"'
    cri = _CRI.match(line)
    if cri is not None:
        start = cri.end()
        before = [Varying(b"0123456789T:.Z+-"), Fixed(b" std"), Varying(b"outer"), Fixed(b" F ")]
    elif (header := match_syslog(line)) is not None:
        start, before = header.end(), _of_syslog(line, header)
    elif line.startswith(b'{"log":"') and open_envelopes(line).names[:1] == ("docker",):
        start, before, quote = len(b'{"log":"'), [Fixed(b'{"log":"')], b'\\"'
    if line[start : start + 1] == b"{":
        return _of_object(line, start, before, quote, reader)
    if quote == b'"':
        return _of_text(line[start:], before, reader) or _of_logfmt(line[start:], before, reader)
    # Up to the first character that JSON writes otherwise.
    end = min(place for place in (line.find(b"\\", start), line.find(b'"', start), len(line)) if place >= 0)
    template = _of_text(line[start:end], before, reader, is_quoted=True)
    return template and replace(template, again=(_BESIDES, ',"log"'))


def _of_syslog(line: bytes, header: re.Match[bytes]) -> list[Piece]:
    """The pieces of what syslog put before a line, by the same program on the same host."""
    pieces: list[Piece] = []
    if header["priority"] is not None:
        pieces = [Fixed(b"<"), Varying(_DIGITS), Fixed(b">")]
    if header["ts"][:1].isdigit():
        pieces.append(Varying(_DIGITS + b"T:.Z+-"))
    else:
        pieces += [Varying(_LETTERS), Fixed(b" "), Varying(_DIGITS + b": .")]
    end = header.end("app")
    # The space before the host may belong to what varies.
    pieces.append(Fixed(line[header.start("host") - (not header["ts"][:1].isalpha()) : end]))
    if header["pid"] is not None:
        pieces += [Fixed(b"["), Varying(_DIGITS), Fixed(b"]")]
        end = header.end("pid") + 1
    return [*pieces, *_literal(line[end : header.end()])]


def _of_object(line: bytes, at: int, before: list[Piece], quote: bytes, reader: LineReader) -> Template | None:
    key, scale = reader.first_level_key
    pieces, wanted = [*before, Fixed(b"{")], key.encode()
    position = at + 1
    names: list[tuple[bytes, bool]] = []  # on the way to the level, and whether each is the first of its object
    is_first = True
    while position < min(len(line), at + _LONGEST):
        name = _KEY.match(line, position + len(quote))
        colon = quote + b":"
        if not line.startswith(quote, position) or name is None or not line.startswith(colon, name.end()):
            return None
        behind = name.end() + len(colon)
        while line[behind : behind + 1] == b" ":
            behind += 1
        pieces.append(Fixed(line[position:behind]))
        if name[0] == wanted:
            found = _value(line, behind, pieces, quote, scale)
            again = tuple(_once_more(line, behind, quote, *each) for each in names)
            begins = ("", b"")
            if all(isinstance(piece, Fixed) for piece in pieces[len(before) :]):
                mark = quote if line.startswith(quote, behind) else b""
                # The end of the key tells as much as the whole, and starts with a rarer byte than a quote.
                tail = re.escape((name[0][-3:] + quote).decode("latin-1"))
                begins = (tail, line[name.end() + len(quote) : behind] + mark)
            else:
                again += (_once_more(line, behind, quote, name[0], is_first),)
            # One key with a dot in it counts before a path.
            again += (re.escape((quote + key.encode() + quote).decode("latin-1")),) if names else ()
            # An object that has a level besides ``log`` is no envelope.
            again += (_BESIDES,) if quote == b'\\"' else ()
            return found and replace(found, again=again, begins=begins)
        if wanted.startswith(name[0] + b".") and line[behind : behind + 1] == b"{":
            wanted = wanted[len(name[0]) + 1 :]
            pieces.append(Fixed(b"{"))
            position = behind + 1
            names.append((name[0], is_first))
            is_first = True
            continue
        end = _skip_value(line, behind, pieces, quote)
        if end is None:
            return None
        position, is_first = end, False
    return None


def _once_more(line: bytes, at: int, quote: bytes, name: bytes, is_first: bool) -> str:
    """The pattern of a line like ``line`` that has the key ``name``, which ends before ``at``, a second time."""
    whole = quote + name + quote
    if is_first:
        is_wide = line.find(b", " + quote, at) >= 0 and line.find(b"," + quote, at) < 0
    else:
        is_wide = line[line.rfind(whole, 0, at) - 1 :].startswith(b" ")
    key = re.escape(((b", " if is_wide else b",") + whole).decode("latin-1"))
    # A key that is not the first one has a comma before it already.
    return key if is_first else rf"{key}[^\n]*{key}"


def _value(line: bytes, at: int, pieces: list[Piece], quote: bytes, scale: Scale) -> Template | None:
    if line.startswith(quote, at):
        number = line[at + len(quote) : at + len(quote) + 1].isdigit()
        return Template((*pieces, Fixed(quote)), quote[:1], scale if number else None)
    return Template(tuple(pieces), b",}", scale) if line[at : at + 1].isdigit() else None


def _skip_value(line: bytes, at: int, pieces: list[Piece], quote: bytes) -> int | None:
    """Add the pieces of a simple value and the comma behind it; where the next key starts."""
    if line.startswith(quote, at):
        text = _PLAIN_TEXT.match(line, at + len(quote))
        end = at + len(quote) if text is None else text.end()
        if not line.startswith(quote, end):
            return None
        pieces += [Fixed(quote), _TEXT, Fixed(quote)]
        end += len(quote)
    else:
        number = _PLAIN_NUMBER.match(line, at)
        if number is None:
            return None
        pieces.append(_NUMBER)
        end = number.end()
    after = end
    while line[after : after + 1] in (b",", b" "):
        after += 1
    if line[end : end + 1] != b",":
        return None
    pieces.append(Fixed(line[end:after]))
    return after


def _of_logfmt(line: bytes, before: list[Piece], reader: LineReader) -> Template | None:
    """That of pairs ``key=value``, each behind one space."""
    key, scale = reader.first_level_key
    pieces, position = list(before), 0
    while position < min(len(line), _LONGEST) and (pair := _PAIR.match(line, position)) is not None:
        pieces.append(Fixed(pair[1]))
        if pair[1] == key.encode() + b"=":
            value = pair[3] or b""
            # Of a key that is there twice the last one counts.
            once = re.escape(pair[1].decode())
            again = rf"[^\n]{once}" if position == 0 else rf"{once}[^\n]*[^\n]{once}"
            number = scale if value.isdigit() else None
            return Template(tuple(pieces), b" \r\n", number, again=(again,)) if value else None
        pieces += [_BARE] if pair[2] is None else [Fixed(b'"'), _TEXT, Fixed(b'"')]
        pieces.append(Fixed(b" "))
        position = pair.end()
    return None


def _of_text(line: bytes, before: list[Piece], reader: LineReader, *, is_quoted: bool = False) -> Template | None:
    """That of a line of text; ``is_quoted``: it is the beginning of a text inside of JSON."""
    more, endings = (b'\n"\\', _BEHIND_QUOTED) if is_quoted else (b"\n", _BEHIND)
    text = line.decode("latin-1")
    place = level_place(text, reader.form_of(text))
    if place is None or place.start > _LONGEST:
        return None
    pieces = list(before)
    position = 0
    for name, start, end in place.groups:
        pieces += _literal(line[position:start])
        if name == "ts":
            pieces += _time(line[start:end])
        elif end < len(line):
            pieces.append(Varying(line[end : end + 1] + more, is_excluded=True))
        position = end
    pieces += _literal(line[position : place.start])
    if place.end - place.start > 1:
        # What begins with a level and has nothing else to be told by: INFO:logger:text is not INFO:     text.
        mark = None if pieces[len(before) :] else _MARK.match(line, place.end)
        return Template(tuple(pieces), endings, None, behind=() if mark is None else (Fixed(mark[0]),))
    start, end = place.time
    behind = (*_literal(line[place.end : start]), *_time(line[start:end])) if end else ()
    return Template(tuple(pieces), line[place.end : place.end + 1], None, is_letter=True, behind=behind)


def _literal(data: bytes) -> list[Piece]:
    return [Fixed(data)] if data else []


def _time(data: bytes) -> Iterator[Piece]:
    """The pieces of a time: digits and names vary."""
    for part in re.findall(rb"[0-9]+|[A-Za-z]+|[^0-9A-Za-z]+", data):
        if part[:1].isdigit():
            yield Varying(_DIGITS)
        elif part.isalpha() and len(part) > 1:
            yield Varying(_LETTERS)
        else:
            yield Fixed(part)
