"""Where the agent of a Module answers: the one rule, for the gateway and for tools that look into etcd themselves.

An announced endpoint comes first: its lease says that the agent lives. Agents of the original announce nothing; they
are found at the node and the service ports of the Module's status, those of smart NICs behind the proxy of their node.
"""

from __future__ import annotations

import ipaddress

from ..addresses import SocketAddress, address_to_dial
from ..errors import InvalidArgument, PreconditionFailed, shorten
from .announcing.endpoint import Endpoint
from .announcing.place import Place, check_reach
from .model import Module

#: Where the proxy of a smart NIC answers when its status names no port.
NAPLES_PORT = 8888


def agent_address(
    module: Module, endpoint: Endpoint | None, service_port: str = "", *, here: Place | None = None
) -> SocketAddress | None:
    """Where the agent of ``module`` answers, or its service named ``service_port``; None when nothing says where.

    ``endpoint`` is what the agent has announced. It stands for all services of the Module: one agent answers for
    them. Raises PreconditionFailed for a service that the Module does not have, an announced address that is not one or
    that cannot be dialled from ``here`` (where this process runs unless given), and a smart NIC whose node is not a
    CIDR address.
    """
    _check_service_port(module, service_port)
    if endpoint is not None:
        address = _announced(endpoint)
        check_reach(endpoint, address, here)
        return address
    status = module.status
    if _is_naples(module):
        return SocketAddress(_naples_host(status.node), _port(module, service_port) or NAPLES_PORT)
    port = _port(module, service_port)
    return SocketAddress(status.node, port) if status.node and port else None


def is_behind_proxy(module: Module, endpoint: Endpoint | None) -> bool:
    """Whether what answers at ``agent_address`` is the proxy of a smart NIC: HTTPS then, gRPC otherwise."""
    return endpoint is None and _is_naples(module)


def _check_service_port(module: Module, name: str) -> None:
    if name and not _is_naples(module) and name not in {port.name for port in module.status.service_ports}:
        raise PreconditionFailed(f"invalid service name [{name}]")


def _announced(endpoint: Endpoint) -> SocketAddress:
    try:
        return address_to_dial(endpoint.address)
    except InvalidArgument:
        raise PreconditionFailed(f"endpoint address [{shorten(endpoint.address)}] is not HOST:PORT") from None


def _is_naples(module: Module) -> bool:
    """Whether the Module runs on a smart NIC, whose node is its management address."""
    return module.status.category.lower() == "naples"


def _port(module: Module, service_port: str) -> int:
    """The port of the named service, else of the one called like the module, else the only one; 0 for none."""
    ports = module.status.service_ports
    wanted = service_port or module.status.module
    # As in the original, a service is found by the name of its port.
    for port in ports:
        if port.name == wanted:
            return port.port
    # A container with one port may call it by its protocol, such as grpc; there is no other one to mean.
    return ports[0].port if len(ports) == 1 and not service_port else 0


def _naples_host(node: str) -> str:
    try:
        if "/" not in node:
            raise ValueError(node)
        return str(ipaddress.ip_interface(node).ip)
    except ValueError:
        raise PreconditionFailed(f"invalid CIDR address: {node}") from None
