from __future__ import annotations

import copy
import json
import logging
import logging.config
import math
import pickle
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.levels.audit import audit
from corvo_agent.logs.writing.formatter import JsonFormatter, level_text
from tests.levels.kit import Lines, fresh_name, untouched_levels

from .test_json_values import Unprintable, anything


@pytest.fixture(autouse=True)
def _levels() -> Iterator[None]:
    with untouched_levels():
        yield


def record(msg: object = "m", args: Any = (), level: int = 20, name: str = "svc.db", **attributes: object) -> Any:
    made = logging.LogRecord(name, level, "/src/main.py", 23, msg, args, None)
    made.__dict__.update(attributes)
    return made


def line(made: logging.LogRecord, **options: Any) -> dict[str, Any]:
    text = JsonFormatter("svc", **options).format(made)
    assert "\n" not in text
    return dict(json.loads(text))


def test_the_line_begins_as_the_contract_says() -> None:
    made = record("%d items", (3,), created=1763957046.25, process=7, a=1)
    assert JsonFormatter("svc").format(made) == (
        '{"level":"info","ts":"2025-11-24T04:04:06.25Z","module":"svc","caller":"main.py:23","pid":"7",'
        '"submodule":"svc.db","msg":"3 items","a":1}'
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((number, "debug") for number in (0, 5, 10, 15)),
        *((number, "info") for number in (20, 25)),
        *((number, "warn") for number in (30, 35)),
        *((number, "error") for number in (40, 50, 59)),
        *((number, "audit") for number in (60, 70)),
    ],
)
def test_levels_are_the_five_of_the_contract(number: int, text: str) -> None:
    assert line(record(level=number))["level"] == level_text(number) == text


@pytest.mark.parametrize(
    ("created", "ts"),
    [
        (1763957046.0, "2025-11-24T04:04:06Z"),
        (1763957046.5, "2025-11-24T04:04:06.5Z"),
        (1763957046.000001, "2025-11-24T04:04:06.000001Z"),
        (1763957046.123456, "2025-11-24T04:04:06.123456Z"),
        (1763957046.9999998, "2025-11-24T04:04:06.999999Z"),
        (0.0, "1970-01-01T00:00:00Z"),
        (-1.5, "1969-12-31T23:59:58.5Z"),
    ],
)
def test_times_have_the_digits_that_the_record_has(created: float, ts: str) -> None:
    assert line(record(created=created))["ts"] == ts


@pytest.mark.parametrize("name", ["root", "svc"])
def test_root_and_the_module_itself_are_no_submodule(name: str) -> None:
    assert "submodule" not in line(record(name=name))


def test_a_submodule_given_as_a_field_replaces_the_logger_s_name() -> None:
    assert line(record(submodule="elastic-client"))["submodule"] == "elastic-client"
    assert line(record(submodule=[1]))["submodule"] == "[1]"


def test_fields_cannot_replace_what_the_record_says() -> None:
    made = record(ts="never", pid=1, caller="x", msg_="kept")
    made.__dict__.update({"level": "fake", "level_": "also"})
    got = line(made)
    assert (got["level"], got["msg_"]) == ("info", "kept")
    assert {"level_": "fake", "level__": "also", "ts_": "never", "pid_": 1, "caller_": "x"}.items() <= got.items()


@pytest.mark.parametrize("number", [1e300, -1e300, 5e-324, 0.1, 2**63, 0, True])
def test_numbers_keep_their_type_whatever_else_is_in_the_line(number: float) -> None:
    got = line(record(f=number, s="\udc80", nested={"n": [number]}))
    assert (got["f"], got["s"], got["nested"]["n"]) == (number, "\\udc80", [number])
    assert type(got["f"]) is type(number)


def test_extra_and_adapters_come_through() -> None:
    logger, lines = logging.getLogger(fresh_name()), Lines()
    logger.addHandler(lines)
    logger.warning("x", extra={"a": {"b": [1, None]}, "f": 1.5, "t": True})
    logging.LoggerAdapter(logger, {"request": "r1"}).warning("y")
    audit(logger, user="kim")
    first, second, third = (line(item) for item in lines.records)
    assert (first["a"], first["f"], first["t"]) == ({"b": [1, None]}, 1.5, True)
    assert second["request"] == "r1"
    assert (third["level"], third["msg"], third["user"]) == ("audit", "", "kim")
    assert list(first)[:7] == ["level", "ts", "module", "caller", "pid", "submodule", "msg"]


def test_private_attributes_and_those_of_other_formatters_are_left_out() -> None:
    made = record(_record="x")
    logging.Formatter("%(asctime)s %(message)s").format(made)
    assert set(line(made)) == {"level", "ts", "module", "caller", "pid", "submodule", "msg"}


def failing() -> None:
    try:
        dict[str, str]()["k"]
    except KeyError as error:
        raise json.JSONDecodeError("bad", "doc", 0) from error


def exception_record(**attributes: Any) -> Any:
    try:
        failing()
    except ValueError:
        return record(exc_info=sys.exc_info(), **attributes)


def test_exceptions_are_fields() -> None:
    got = line(exception_record(error="mine"))
    assert got["error"].startswith("JSONDecodeError: bad: line 1")
    assert got["error_"] == "mine"
    assert got["exception"] == "json.decoder.JSONDecodeError"
    assert "KeyError: 'k'" in got["stack"]
    assert "in failing" in got["stack"]


def test_an_exception_whose_text_raises_still_has_its_type() -> None:
    class Silent(Exception):
        __str__ = Unprintable.__str__

    try:
        raise Silent
    except Silent:
        got = line(record(exc_info=sys.exc_info()))
    assert got["error"] == "Silent: <Silent: ValueError when turned into text>"
    assert got["exception"].endswith("Silent")


@pytest.mark.parametrize("info", [(None, None, None), True, (ValueError,), 0])
def test_exception_info_that_is_none_is_left_out(info: object) -> None:
    got = line(record(exc_info=info))
    assert not {"error", "exception"} & set(got) or "no traceback" in got["stack"]
    assert got["msg"] == "m"


def test_a_traceback_made_elsewhere_is_used() -> None:
    got = line(record(exc_text="Traceback...\nOSError: gone"))
    assert (got["error"], got["stack"]) == ("OSError: gone", "Traceback...\nOSError: gone")


def test_records_survive_a_queue_between_processes() -> None:
    made = exception_record(a=1)
    made.exc_text, made.exc_info = logging.Formatter().formatException(made.exc_info), None
    got = line(pickle.loads(pickle.dumps(made)))
    assert (got["a"], got["msg"]) == (1, "m")
    assert got["error"].startswith("json.decoder.JSONDecodeError: bad")
    assert line(copy.copy(made)) == got


def test_stack_info_is_a_field() -> None:
    assert line(record(stack_info="Stack:\n  here"))["stack_info"] == "Stack:\n  here"


@pytest.mark.parametrize(
    ("msg", "args", "error"),
    [
        ("%d", ("x",), "TypeError"),
        ("%s %s", (1,), "TypeError"),
        ("no place", (1,), "TypeError"),
        ("%(a)s", ({"b": 1},), "KeyError"),
        ("%s", (Unprintable(),), "ValueError"),
        ("%", (1,), "ValueError"),
    ],
)
def test_a_message_that_does_not_fit_its_arguments_says_so(msg: str, args: Any, error: str) -> None:
    got = line(record(msg, args))
    assert got["msg"] == msg
    assert got["format_error"].startswith(error)
    assert "args" in got


def test_messages_may_be_objects() -> None:
    assert line(record(ValueError("x")))["msg"] == "x"
    assert line(record(Unprintable()))["msg"].startswith("<Unprintable")


def test_a_dict_as_message_becomes_fields() -> None:
    got = line(record({"event": "connected", "name": "kim", 5: 6, "level": "x"}, extra_field=1))
    assert (got["msg"], got["name"], got["5"], got["level_"], got["extra_field"]) == ("connected", "kim", 6, "x", 1)
    assert line(record({"a": 1}))["msg"] == ""


def test_nothing_is_escaped_for_html_and_lines_stay_one() -> None:
    text = JsonFormatter("svc").format(record("<a>&\u2028\r\n\x00é"))
    assert "<a>&\u2028\\r\\n\\u0000é" in text


def test_lone_surrogates_are_written_readably() -> None:
    odd: dict[str, Any] = {"k\ud800": "\udc80"}
    got = line(record("file \udcff", **odd))
    assert (got["msg"], got["k\\ud800"]) == ("file \\udcff", "\\udc80")


def test_long_texts_are_cut_and_marked() -> None:
    got = line(record("x" * 10_000, big="y" * 10_000, deep=["z" * 10_000]), max_value=100)
    assert got["msg"] == "x" * 100 + "...[9900 characters more]"
    assert got["big"].endswith("...[9900 characters more]")
    assert got["deep"][0].startswith("z" * 100 + "...[")


@pytest.mark.parametrize("field", [{"x": "\x00" * 60_000}, {"y": list(range(2000))}, {"submodule": "\x01" * 60_000}])
def test_a_line_stays_within_its_bound(field: dict[str, Any]) -> None:
    made = record("\x02" * 60_000, exc_text="\x03" * 60_000, first="kept", **field)
    for limit in (1024, 4096, 100_000):
        text = JsonFormatter("svc", max_line=limit).format(made)
        got = json.loads(text)
        assert len(text.encode()) <= limit
        assert got["level"] == "info"
        assert got["dropped_fields"]


def test_fields_are_dropped_from_the_end_of_a_line_that_is_too_long() -> None:
    fields: dict[str, Any] = {f"f{n}": "v" * 900 for n in range(10)}
    got = line(record(error={"a": "dict"}, **fields), max_line=5000)
    assert set(fields) - set(got) == set(got["dropped_fields"].split())
    assert "f0" in got
    assert "f9" not in got


def test_endless_fields_end() -> None:
    made = record({str(n): "v" * 60_000 for n in range(100)})
    got = line(made)
    assert len(json.dumps(got)) < 300_000
    assert got["dropped_fields"]


class Strange(logging.LogRecord):
    def getMessage(self) -> str:  # noqa: N802
        raise RuntimeError("broken record")


@pytest.mark.parametrize(
    "attributes",
    [
        {"created": math.nan},
        {"created": math.inf},
        {"created": 1e300},
        {"created": None},
        {"levelno": "high"},
        {"levelno": None},
        {"name": None},
        {"name": 3},
        {"name": Unprintable()},
        {"filename": None},
        {"filename": Unprintable()},
        {"lineno": 2**80},
        {"process": None},
        {"process": "x"},
        {"exc_info": 5},
        {"exc_text": 5},
        {"stack_info": Unprintable()},
        {"args": 5},
        {"args": [1]},
    ],
)
def test_records_made_by_hand_with_nonsense_give_a_line(attributes: dict[str, object]) -> None:
    made = record()
    made.__dict__.update(attributes)
    got = line(made)
    assert {"level", "ts", "module", "caller", "pid", "msg"} <= set(got)
    assert got["msg"] == "m"


def test_records_without_attributes_give_a_line() -> None:
    made = record()
    made.__dict__.clear()
    made.__dict__["msg"] = "left"
    assert line(made)["msg"] == "left"
    strange = Strange("n", 20, "f.py", 1, "text", (), None)
    strange.__dict__["x"] = 1
    assert line(strange)["format_error"] == "RuntimeError: broken record"
    assert line(strange)["x"] == 1


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters()), st.dictionaries(st.text(st.characters()), anything, max_size=4))
def test_whatever_is_logged_gives_one_line_of_json(msg: str, fields: dict[str, object]) -> None:
    made = record(msg)
    made.__dict__.update({key: value for key, value in fields.items() if key not in made.__dict__})
    assert line(made)["level"] == "info"


def test_threads_share_a_formatter() -> None:
    formatter = JsonFormatter("svc")
    wrong: list[str] = []

    def work(second: int) -> None:
        for _ in range(500):
            text = json.loads(formatter.format(record(created=second + 0.5)))["ts"]
            if text != f"1970-01-01T00:00:0{second}.5Z":
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(second,)) for second in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_dict_config_can_make_one() -> None:
    name, handlers = fresh_name(), logging.root.handlers[:]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": "corvo_agent.logs.JsonFormatter", "module": "svc"}},
            "handlers": {name: {"class": "logging.NullHandler", "formatter": "json"}},
            "loggers": {name: {"handlers": [name]}},
        }
    )
    (handler,) = logging.getLogger(name).handlers
    assert json.loads(handler.format(record()))["module"] == "svc"
    assert logging.root.handlers == handlers
