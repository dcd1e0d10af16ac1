"""What an agent says of the process that it stands for: where it answers, and when that process began."""

from __future__ import annotations

import os
import time
from functools import cache

import psutil

from .._version import __version__
from ..addresses import address_to_dial, is_unspecified, join_host_port
from ..modules.announcing.endpoint import Endpoint
from ..modules.announcing.place import this_place
from ..modules.announcing.route import local_address
from ..modules.model import ServicePort
from ..modules.registration import StartReport
from .options import AgentOptions


def announced(options: AgentOptions, served: str, module_name: str) -> Endpoint:
    """The endpoint of an agent that serves at ``served``, without its level."""
    here = this_place()
    return Endpoint(
        options.advertise or served,
        os.getpid(),
        started(),
        __version__,
        module_name,
        here.host,
        here.boot_id,
        here.network_namespace,
    )


async def reachable_address(options: AgentOptions, served: str) -> str:
    """What others dial to reach the address ``served``, as the network is now; raises Unavailable."""
    address = address_to_dial(served)
    if not is_unspecified(address.host):
        return served
    peers = [address_to_dial(peer, "reach") for peer in options.reach]
    return join_host_port(await local_address(address.host, peers), address.port)


def start_report(options: AgentOptions, address: str, node: str, module_name: str, name: str) -> StartReport:
    """The start of this process, whose agent others reach at ``address``, for the Module ``name``."""
    port = address.rpartition(":")[2]
    return StartReport(
        name=name,
        started=started(),
        node=node,
        module=module_name,
        service_ports=(ServicePort(module_name, int(port)),) if port.isdecimal() else (),
        restart_reason=options.restart_reason,
        category=options.category,
        log_level="" if options.default_level is None else options.default_level.text,
    )


def started() -> int:
    """When this process began, in nanoseconds of wall time: the same in every agent of it."""
    try:
        began = psutil.Process().create_time()
    except psutil.Error:
        # There is no /proc, as in some chroots.
        began = 0.0
    return round(began * 1000) * 1_000_000 or _first_asked(os.getpid())


@cache
def _first_asked(pid: int) -> int:
    """When it was first asked for the process ``pid``, this one."""
    return time.time_ns()
