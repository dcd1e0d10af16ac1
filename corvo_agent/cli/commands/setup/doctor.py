"""``corvo doctor``: what is wrong with this machine and what it is to work with, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import click

from ....errors import ConfigError, CorvoError
from ...doctor.agent import check_agent
from ...doctor.etcd import RIGHTS, check_etcd
from ...doctor.finding import Finding, Verdict, fault_of
from ...doctor.gateway import check_gateway
from ...doctor.log_file import check_log
from ...doctor.machine import check_machine
from ...help import HelpCommand
from ...running import asynchronous
from ...settings.where import DEFAULT_GATEWAY, Where
from ...show.output import format_option, print_result
from ...where.complete import modules
from ...where.connect import open_agent, open_backend, open_store
from ...where.options import agent_options

# What an option names cannot be used.
_OPTION = "mend what its option names, or leave the option out"
_SIGNS = {Verdict.GOOD: "ok", Verdict.NOTE: "note", Verdict.FAULT: "FAULT"}


@click.command("doctor", cls=HelpCommand, short_help="Find out what is wrong, and what to do about it.")
@click.argument("name", required=False, shell_complete=modules)
@click.option("--log-file", metavar="FILE", help="Look at this log as an agent would.")
@format_option
@agent_options
@asynchronous
async def command(name: str | None, log_file: str | None, output: str | None, where: Where) -> int:
    """Look at this machine, at the etcd or gateway that the options name, at the agent of the module NAME, and at a log
    file; say what is wrong and what to do. Nothing is changed. The exit code is 1 when there is a fault.

    \b
    corvo doctor
    corvo doctor --etcd http://127.0.0.1:2379 node1-pen-npm
    corvo doctor --log-file /var/log/shop.log -o json
    """
    findings = await asyncio.to_thread(lambda: list(check_machine()))
    if log_file:
        path = log_file
        findings += await asyncio.to_thread(lambda: list(check_log(path)))
    async for finding in _connected(where, name):
        findings.append(finding)
    rows = [(_SIGNS[each.verdict], each.what, each.seen, each.do) for each in findings]
    value = [{"what": each.what, "verdict": each.verdict.value, "seen": each.seen, "do": each.do} for each in findings]
    print_result(output, value, ("", "WHAT", "SEEN", "TO DO"), rows)
    return int(any(each.verdict is Verdict.FAULT for each in findings))


async def _connected(where: Where, name: str | None) -> AsyncIterator[Finding]:
    try:
        found = await _first(where, name)
    except ConfigError as error:
        # A file that an option names, mostly: what else there is to find is told all the same.
        found = [fault_of("etcd" if where.etcd.urls else "gateway", error, _OPTION, _OPTION)]
    for finding in found:
        yield finding
    if name and found and found[0].verdict is Verdict.FAULT:
        yield Finding("agent", Verdict.NOTE, f"{name} is not asked: its address cannot be looked up", "see above")
    elif where.address and not name:
        do = "corvo doctor NAME --address HOST:PORT"
        yield Finding("agent", Verdict.NOTE, f"the one at {where.address} is not asked", f"name its module: {do}")
    elif name:
        try:
            async with open_agent(where, name) as client:
                async for finding in check_agent(client, name):
                    yield finding
        except CorvoError as error:
            refused = RIGHTS if where.etcd.urls else "ask for the role"
            yield fault_of("agent", error, "is its process running? corvo modules list", refused)


async def _first(where: Where, name: str | None) -> list[Finding]:
    """Of the etcd or the gateway that modules are looked up in; none where an agent's address does without."""
    if where.etcd.urls:
        known = bool(where.etcd.user or where.etcd.cert)
        async with open_store(where.etcd) as store:
            checks = check_etcd(store, ",".join(where.etcd.urls), name=name or "", user=known)
            return [finding async for finding in checks]
    if where.gateway or (name and not where.address):
        async with open_backend(where) as backend:
            return [finding async for finding in check_gateway(backend, where.gateway or DEFAULT_GATEWAY)]
    if where.address:
        return []
    do = "--gateway URL, --etcd URL or --address HOST:PORT has it looked at; corvo context add keeps it"
    return [Finding("etcd and gateway", Verdict.NOTE, "not looked at: none is named", do)]
