"""Level hooks as one line of text, which is what an option, an environment variable or a configuration file holds.

::

    zap:http://127.0.0.1:8080/log/level              a program of the recipes
    spring:http://127.0.0.1:8080/actuator/loggers
    envoy:http://127.0.0.1:9901
    http:PUT http://127.0.0.1:8080/level '{"level":"{level}"}' -H 'X-Token: t' -l warn=warning
    signal:Debug=USR1,*=USR2                         * is every level that is not named
    file:/etc/app/level '{LEVEL}\\n'                 the text is "{level}\\n" unless given
    exec:/usr/bin/appctl set-level {level} {logger}

Words are split as a shell does; nothing is run by one.
"""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable, Iterator, Mapping

from ...errors import ConfigError, InvalidArgument
from ...levels.level import Level
from ..target.process import FindTarget
from . import recipes
from .exec_hook import ExecHook
from .file_hook import FileHook
from .hidden import without_secrets
from .http_hook import HttpHook, HttpRequest
from .protocol import LEVEL_NAMES, LevelHook
from .signal_hook import SignalHook

_WHAT = "level hook"


def parse_level_hook(text: str, find_target: FindTarget | None = None) -> LevelHook:
    """The hook that ``text`` describes; ``find_target`` finds the process for signals.

    Raises ConfigError that says what is wrong.
    """
    kind, colon, rest = text.partition(":")
    make = _KINDS.get(kind.strip().lower())
    if make is None or not colon or not rest.strip():
        raise ConfigError(_WHAT, kind, "it has to be KIND:DESCRIPTION", tuple(_KINDS))
    return make(rest.strip(), find_target)


def _recipe(make: Callable[[str, Mapping[str, str]], HttpHook]) -> Callable[[str, FindTarget | None], LevelHook]:
    def parse(text: str, find_target: FindTarget | None) -> LevelHook:
        words, headers, _ = _options(text)
        if len(words) != 1:
            raise ConfigError(_WHAT, None, "it needs one URL")
        return make(words[0], headers)

    return parse


def _http(text: str, find_target: FindTarget | None) -> LevelHook:
    words, headers, names = _options(text)
    if not 2 <= len(words) <= 3 or not words[0].isalpha():
        raise ConfigError(_WHAT, without_secrets(" ".join(words[:1])), "it has to be http:METHOD URL [BODY]")
    return HttpHook(HttpRequest(words[0].upper(), words[1], "".join(words[2:]), headers), names=names)


def _signal(text: str, find_target: FindTarget | None) -> LevelHook:
    if find_target is None:
        raise ConfigError(_WHAT, without_secrets(text), "a signal needs to know the target's process")
    signals: dict[Level, signal.Signals] = {}
    for level, name in _pairs(text.split(",")):
        number = _signal_number(name)
        # Named levels win, whether they stand before or behind the star.
        if level == "*":
            signals = {**dict.fromkeys(Level, number), **signals}
        else:
            signals[_level(level)] = number
    return SignalHook(signals, find_target)


def _level(text: str) -> Level:
    try:
        return Level.parse(text)
    except InvalidArgument as error:
        raise ConfigError(_WHAT, without_secrets(text), error.reason, error.valid) from None


def _signal_number(name: str) -> signal.Signals:
    try:
        return signal.Signals[f"SIG{name.strip().upper().removeprefix('SIG')}"]
    except KeyError:
        raise ConfigError(_WHAT, without_secrets(name), "not the name of a signal") from None


def _file(text: str, find_target: FindTarget | None) -> LevelHook:
    words, _, names = _options(text)
    if not 1 <= len(words) <= 2:
        raise ConfigError(_WHAT, without_secrets(text), "it has to be file:PATH [TEXT]")
    template = words[1].replace("\\n", "\n") if len(words) == 2 else "{level}\n"
    return FileHook(words[0], template, names=names)


def _exec(text: str, find_target: FindTarget | None) -> LevelHook:
    return ExecHook(_words(text))


def _options(text: str) -> tuple[list[str], dict[str, str], Mapping[Level, str]]:
    """The words of ``text`` without its options: headers (-H) and names of levels (-l)."""
    words, headers = [], {}
    names = dict(LEVEL_NAMES)
    rest = iter(_words(text))
    for word in rest:
        if word == "-H":
            name, _, value = next(rest, "").partition(":")
            headers[name.strip()] = value.strip()
        elif word == "-l":
            for level, name in _pairs(next(rest, "").split(",")):
                names[_level(level)] = name
        else:
            words.append(word)
    if "" in headers:
        raise ConfigError(_WHAT, "-H", "a header is NAME: VALUE")
    return words, headers, names


def _words(text: str) -> list[str]:
    try:
        # Words as a shell makes them, because people copy these lines from one; but no shell runs.
        return shlex.split(text)
    except ValueError as error:
        raise ConfigError(_WHAT, None, str(error)) from None


def _pairs(parts: list[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        level, equals, value = part.partition("=")
        if not equals or not value.strip():
            raise ConfigError(_WHAT, without_secrets(part), "it has to be LEVEL=NAME")
        yield level.strip(), value.strip()


_KINDS: Mapping[str, Callable[[str, FindTarget | None], LevelHook]] = {
    "zap": _recipe(recipes.zap),
    "spring": _recipe(recipes.spring_boot),
    "envoy": _recipe(recipes.envoy),
    "http": _http,
    "signal": _signal,
    "file": _file,
    "exec": _exec,
}
