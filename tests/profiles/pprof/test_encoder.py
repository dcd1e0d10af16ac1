"""Our encoder writes what google.protobuf and betterproto write, deterministically, beside a running loop."""

from __future__ import annotations

import asyncio
import gzip

from hypothesis import given, settings

from corvo_agent._generated.perftools import profiles as betterproto_profiles
from corvo_agent.profiles.pprof.encoder import encode, encode_off_loop
from corvo_agent.profiles.pprof.model import Frame, Label, Profile, Sample, ValueType
from corvo_agent.profiles.pprof.reader import decode

from ..messages import check_valid, google_profile, profiles, uncompressed

CPU = (ValueType("samples", "count"), ValueType("cpu", "nanoseconds"))
WORK = Frame("app.work", "app.py", 12, 10)
MAIN = Frame("app.<module>", "app.py", 40, 1)


def one(**changes: object) -> Profile:
    sample = Sample((WORK, MAIN), (3, 30_000_000), (Label("thread", "MainThread"),))
    fields = {"samples": [sample], "default_sample_type": "cpu", "program": "app.py", **changes}
    return Profile(CPU, **fields)  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(profiles())
def test_the_bytes_are_those_of_google_protobuf_and_betterproto(profile: Profile) -> None:
    data = uncompressed(profile)
    message = google_profile(data)
    check_valid(message)
    assert data == message.SerializeToString()
    assert data == bytes(betterproto_profiles.Profile().parse(data))


@settings(max_examples=40, deadline=None)
@given(profiles())
def test_equal_profiles_give_equal_bytes(profile: Profile) -> None:
    assert encode(profile) == encode(profile)


def test_the_gzip_header_holds_no_time() -> None:
    data = encode(one())
    assert data[4:8] == bytes(4)
    assert gzip.decompress(data) == uncompressed(one())


def test_functions_are_shared_between_lines_and_texts_between_all() -> None:
    elsewhere = Frame("app.work", "app.py", 14, 10)
    profile = one(samples=[Sample((WORK,), (1, 1)), Sample((elsewhere,), (1, 1))])
    message = google_profile(uncompressed(profile))
    assert [message.string_table[each.name] for each in message.function] == ["app.work"]
    assert [location.line[0].line for location in message.location] == [12, 14]
    assert list(message.string_table).count("app.py") == 1


def test_pprof_is_told_that_nothing_is_left_to_symbolize() -> None:
    (mapping,) = google_profile(uncompressed(one())).mapping
    assert (mapping.has_functions, mapping.has_filenames, mapping.has_line_numbers) == (True, True, True)


def test_a_file_name_that_is_not_utf8_can_be_written() -> None:
    odd = Frame("app.work", b"caf\xe9.py".decode("utf-8", "surrogateescape"), 1)
    (sample,) = decode(encode(one(samples=[Sample((odd,), (1, 1))]))).samples
    assert sample.stack[0].filename == "caf\\udce9.py"


def test_an_empty_label_is_left_out() -> None:
    profile = one(samples=[Sample((WORK,), (1, 1), (Label("task", ""), Label("state", "waiting")))])
    (sample,) = decode(encode(profile)).samples
    assert sample.labels == (Label("state", "waiting"),)


def many(count: int) -> Profile:
    frames = [Frame(f"app.f{index}", "app.py", index + 1, index) for index in range(500)]
    stacks = (tuple(frames[(index * step) % 500] for step in range(1, 20)) for index in range(count))
    return one(samples=[Sample(stack, (1, index)) for index, stack in enumerate(stacks)])


async def test_encoding_beside_the_loop_gives_the_same_and_lets_the_loop_run() -> None:
    profile = many(8000)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    turning = asyncio.create_task(turn())
    try:
        assert await encode_off_loop(profile) == encode(profile)
    finally:
        turning.cancel()
    assert turns > 10
