"""What an agent may be told; the values that most never touch."""

from __future__ import annotations

import ssl as _ssl
from dataclasses import dataclass, field

from ..access.audit import Audit
from ..access.callers import Callers
from ..diagnostics.server.server import ServerLimits
from ..diagnostics.service import ServiceLimits
from ..levels.level import Level
from ..levels.level_filter import Scope
from ..modules.announcing.lease import ENDPOINT_TTL
from ..modules.watcher import CALLBACK_TIMEOUT


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """Settings of an Agent; times are seconds.

    ``category`` is for a Module that the agent creates. ``listen`` is where it serves; another address than loopback
    needs ``ssl`` that asks clients for a certificate, or ``insecure``. ``callers`` says who is answered, and
    ``socket_group`` whom a unix socket is for besides its owner, ``audit`` hears who asked what: see
    ``DiagnosticsServer``. ``advertise`` is what
    others dial, when it is not the address served; where that stands for all addresses of the machine, it is the one
    from which the machine reaches the first of ``reach`` (``HOST:PORT`` of etcd, say) or, without these, uses its
    default route.
    ``default_level`` holds while the Module says nothing, and is written into one that the agent creates; None is as
    the application configured. ``level_scope`` is what a level below Info reaches: "app", "all", or names of loggers,
    see ``LevelFilter``. ``restart_reason`` goes into the Module's status. ``check_interval`` bounds how long a dead
    connection to etcd goes unnoticed, and a member that hangs or has no leader; a stream that falls silent inside a
    healthy etcd may take a minute longer. ``lease_ttl`` is how long a dead agent's address is found,
    ``callback_timeout`` bounds an async callback, ``stop_timeout`` the whole stop. ``start_timeout`` is how long
    entering waits for the level that the Module has in etcd, so that it holds from the first line on: one that does not
    come in time holds when it comes.
    """

    category: str = "Venice"
    listen: str = "127.0.0.1:0"
    advertise: str = ""
    reach: tuple[str, ...] = ()
    ssl: _ssl.SSLContext | None = None
    insecure: bool = False
    callers: Callers | None = None
    socket_group: str = ""
    audit: Audit | None = None
    default_level: Level | None = None
    level_scope: Scope = "app"
    restart_reason: str = ""
    check_interval: float = 10.0
    lease_ttl: float = ENDPOINT_TTL
    callback_timeout: float = CALLBACK_TIMEOUT
    stop_timeout: float = 5.0
    start_timeout: float = 0.5
    service_limits: ServiceLimits = field(default_factory=ServiceLimits)
    server_limits: ServerLimits = field(default_factory=ServerLimits)
