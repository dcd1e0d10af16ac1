"""A level and its reasons, as the Module in etcd or the agent itself tells them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ...errors import CorvoError, NotFound
from ...timestamps import format_duration, parse_rfc3339
from ..backends.protocol import Backend
from ..show.output import FORMATS, output_option, print_result, visible

if TYPE_CHECKING:
    from ...modules.module_level import ModuleLevel

#: The form of a level: a sentence, unless told otherwise.
sentence_option = output_option(*FORMATS, default="text")
_KEYS = ("level", "source", "until", "by", "reason", "scope", "then", "loggers", "logger-ends", "log-level")
_OF_AGENT = ("held-back", "blockers")
# Seconds that an agent gets to take a level that was written just now, and between two looks whether it has.
_PATIENCE = 2.0
_PAUSE = 0.05


def level_state(level: ModuleLevel, *, told: bool = True) -> dict[str, Any]:
    """What has to hold by the Module and its controls, with the keys that an agent tells its level with.

    ``applied`` is what the agent says, if it has ``told`` anything since. Of a Module that is invalid the level is
    unknown: its agent keeps the one that it had.
    """
    module, now = level.module, time.time_ns()
    if module.invalid:
        return {"level": "invalid", "source": "none", "invalid": module.invalid}
    state = {**level.wanted(now).as_json(), "log-level": module.spec.log_level}
    shown = {key: state[key] for key in _KEYS if state.get(key)}
    if level.applied is not None and told:
        # Late, as below: --help does not need it.
        from ...modules.announcing.endpoint import applied_to_dict

        shown["in-force"] = level.holds(now)
        shown["applied"] = applied_to_dict(level.applied)
    return shown


async def agent_state(backend: Backend, name: str, *, why: bool = False) -> dict[str, Any]:
    """The level in force as the agent of ``name`` reports it, with ``why`` also what it says of lines that do not come.

    Raises NotFound when it publishes none.
    """
    async with backend.agent(name) as client:
        told = (await client.stats("agent")).get("agent")
    if not isinstance(told, dict):
        raise NotFound("level of", name, "its agent does not publish it; ask a gateway or etcd for its Module")
    return {key: told[key] for key in (*_KEYS, *(_OF_AGENT if why else ())) if key in told}


async def with_why(backend: Backend, name: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """``state`` with what the agent of ``name`` says about lines that do not come.

    Raises NotFound when it cannot say that, as a sidecar, and what asking it raises.
    """
    told = await agent_state(backend, name, why=True)
    if "blockers" not in told:
        raise NotFound("what stops lines of", name, "its agent does not set the levels inside the process")
    # The agent itself knows better than what it has announced a moment ago.
    stale = ("in-force", "applied") if told.get("level") == state["level"] else ()
    kept = {key: value for key, value in state.items() if key not in stale}
    return {**kept, **{key: told[key] for key in _OF_AGENT if key in told}}


async def hints(backend: Backend, name: str, level: str) -> list[str]:
    """What the agent of ``name`` says of lines that do not come at ``level``, once it has taken that, as texts.

    It is given a little time for that; that it does not answer, or keeps another level, is a text too.
    """
    import asyncio

    try:
        async with asyncio.timeout(_PATIENCE):
            while True:
                told = await agent_state(backend, name, why=True)
                if told["level"] == level:
                    break
                await asyncio.sleep(_PAUSE)
    except TimeoutError:
        return [f"the agent of {name} has not said within {_PATIENCE:g} s that {level} is in force"]
    except CorvoError as error:
        return [f"what the agent of {name} makes of it is not known: {error}"]
    held = told.get("held-back")
    libraries = [f"libraries stay at Info: {', '.join(map(str, held))}"] if held else []
    return [*libraries, *(f"in the way: {blocker}" for blocker in told.get("blockers", ()))]


def show_states(states: Mapping[str, Mapping[str, Any]], output: str, *, alone: bool) -> None:
    """Print them as ``output`` says, by name; ``alone``: one was asked for, and JSON is an object, not a list."""
    if output == "text":
        for name, state in states.items():
            _show_sentence(name, state)
        return
    values = [{"name": name, **state} for name, state in states.items()]
    rows = [(name, _level(state), _why(state), _loggers(state)) for name, state in states.items()]
    if values or not alone:
        print_result(output, values[0] if alone else values, ("NAME", "LEVEL", "WHY", "LOGGERS"), rows)


def _level(state: Mapping[str, Any]) -> str:
    if state.get("in-force") is not False:
        return str(state["level"])
    return f"{state['level']} ({state['applied'].get('level') or 'unknown'} in force)"


def _show_sentence(name: str, state: Mapping[str, Any]) -> None:
    click.echo(visible(f"{name}: {state['level']} ({_why(state)})"))
    ends = state.get("logger-ends", {})
    for logger, level in sorted(state.get("loggers", {}).items()):
        click.echo(visible(f"  {logger}: {level}{_ends(ends[logger]) if logger in ends else ''}"))
    if state.get("in-force") is False:
        click.echo(visible(f"  in force: {_in_force(state['applied'])}"))
    if held := state.get("held-back"):
        click.echo(visible(f"  libraries that stay at Info: {', '.join(map(str, held))}"))
    for blocker in state.get("blockers", ()):
        click.echo(visible(f"  in the way: {blocker}"))
    if state.get("blockers") == []:
        click.echo("  nothing is in the way of lines")


def _ends(text: str) -> str:
    return f" (ends in {_left(text)})"


def _left(text: object) -> str:
    return format_duration(max(0, parse_rfc3339(str(text)) - time.time_ns()))


def _in_force(applied: Mapping[str, Any]) -> str:
    holds = applied.get("level") or "not known"
    return f"{holds}; {applied['fault']}" if applied.get("fault") else str(holds)


def _loggers(state: Mapping[str, Any]) -> str:
    return " ".join(f"{logger}={level}" for logger, level in sorted(state.get("loggers", {}).items()))


def _why(state: Mapping[str, Any]) -> str:
    if state.get("invalid"):
        return f"{state['invalid']}; the agent keeps the level that it had"
    if state["source"] != "override":
        return str(state["source"])
    words = [f"override by {state.get('by') or 'an unnamed operator'}"]
    if state.get("reason"):
        words.append(str(state["reason"]))
    if state.get("until"):
        words.append(f"ends in {_left(state['until'])}")
    if state.get("then"):
        words.append(f"then {state['then']}")
    return ", ".join(words)
