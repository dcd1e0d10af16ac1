"""What a gateway is told at its start: frozen, and checked before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..addresses import address_to_listen, is_loopback
from ..errors import ConfigError
from .routing.networks import Network
from .routing.router import RouteLimits
from .watching.watch_hub import WatchLimits

DEFAULT_LISTEN = "127.0.0.1:9000"


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Addresses are ``HOST:PORT`` (port 0: a free one), times are seconds.

    ``grpc_listen`` "" serves no gRPC. ``token_file`` names those who may call, ``allow_networks`` where agents may
    be besides loopback, ``agent_*`` what TLS towards agents uses. ``insecure`` allows to listen elsewhere than on
    loopback without TLS and tokens. A state older than ``max_staleness`` is not shown; a dead connection to etcd is
    found within ``check_interval``.
    """

    listen: str = DEFAULT_LISTEN
    grpc_listen: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    token_file: str = ""
    insecure: bool = False
    allow_networks: tuple[Network, ...] = ()
    agent_tls: bool = False
    agent_ca: str = ""
    agent_cert: str = ""
    agent_key: str = ""
    max_staleness: float = 300.0
    check_interval: float = 4.0
    routes: RouteLimits = field(default_factory=RouteLimits)
    watches: WatchLimits = field(default_factory=WatchLimits)

    def check(self) -> None:
        """Refuse what is unsafe or makes no sense; raises ConfigError naming the option."""
        if bool(self.tls_cert) != bool(self.tls_key):
            raise ConfigError("tls-cert", self.tls_cert, "a certificate and its key belong together")
        if bool(self.agent_cert) != bool(self.agent_key):
            raise ConfigError("agent-cert", self.agent_cert, "a certificate and its key belong together")
        for option, address in (("listen", self.listen), ("grpc-listen", self.grpc_listen)):
            if not address:
                continue
            host = address_to_listen(address, option, unix=False).host
            if not (is_loopback(host) or self.insecure or (self.tls_cert and self.token_file)):
                reason = (
                    "listening elsewhere than on loopback needs --tls-cert, --tls-key and --token-file, or --insecure"
                )
                raise ConfigError(option, address, reason)
