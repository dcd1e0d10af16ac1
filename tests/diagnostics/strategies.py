"""Values and bytes that the codecs are tried with."""

from __future__ import annotations

from hypothesis import strategies as st

# Everything that UTF-8 can hold, with the lengths at which a varint grows seen often.
TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "x", "é" * 64, "a" * 127, "a" * 128, "b" * 200, "c" * 16384, "\x00", "😀" * 40]),
)
MAPS = st.dictionaries(TEXT, TEXT, max_size=6)
SURROGATES = st.text(alphabet=st.characters(), max_size=20)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


@st.composite
def _field(draw: st.DrawFn, inner: st.SearchStrategy[bytes]) -> bytes:
    number = draw(st.one_of(st.integers(1, 6), st.integers(0, 1 << 30)))
    kind = draw(st.sampled_from([0, 1, 2, 2, 2, 2, 3, 5, 7]))
    tag = _varint(number << 3 | kind)
    if kind == 0:
        return tag + _varint(draw(st.integers(0, 1 << 70)))
    if kind in (1, 5):
        return tag + draw(st.binary(min_size=3, max_size=8))
    if kind == 3:
        return tag + draw(inner) + _varint(number << 3 | 4)
    value = draw(st.one_of(inner, st.binary(max_size=8), st.just(b"\xff"), st.text(max_size=5).map(str.encode)))
    return tag + _varint(len(value) + draw(st.sampled_from([0, 0, 0, 0, 0, 0, 1]))) + value


def _message(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.lists(_field(inner), max_size=4).map(b"".join)


# Nearly protobuf: fields known and unknown, of every wire type, nested, some with a wrong length or cut short.
NEARLY_PROTOBUF = st.one_of(
    st.recursive(st.binary(max_size=3), _message, max_leaves=6),
    st.binary(max_size=30),
)
