"""What a gateway is told at its start: frozen, and checked before anything runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..access.roles import Role
from ..addresses import address_to_listen, is_loopback
from ..errors import ConfigError
from ..settings.etcd import EtcdSettings
from ..settings.own_log import OwnLogSettings
from ..settings.program import Program
from ..settings.setting import above_zero, check_pair, check_settings, not_negative, setting
from ..survival.settings import SurvivalSettings
from .jwt_settings import JwtSettings, read_role
from .routing.networks import Network, parse_networks

DEFAULT_LISTEN = "127.0.0.1:9000"


def _read_network(text: str, what: str) -> Network:
    try:
        return parse_networks((text,))[0]
    except ConfigError as error:
        raise ConfigError(what, error.value, error.reason) from None


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Where the gateway listens, whom it lets in, and how it reaches agents.

    Addresses are ``HOST:PORT`` (port 0: a free one), times are seconds. ``grpc_listen`` "" serves no gRPC.
    ``agent_*`` is the TLS towards agents.
    """

    listen: str = setting(DEFAULT_LISTEN, "Where REST is served.", variable="CORVO_GATEWAY_LISTEN", metavar="HOST:PORT")
    grpc_listen: str = setting("", "Serve DiagnosticsV1 here.", metavar="HOST:PORT")
    tls_cert: str = setting("", "Certificate shown to callers.", option="gateway-cert", metavar="FILE")
    tls_key: str = setting("", "Key of --gateway-cert.", option="gateway-key", metavar="FILE")
    token_file: str = setting("", "Who may call: the file of `corvo token new`, mode 0600.", metavar="FILE")
    client_ca: str = setting(
        "", "Authority of certificates that callers may show in place of a token.", option="client-ca", metavar="FILE"
    )
    clients: tuple[tuple[str, Role], ...] = setting(
        (),
        "Names in these certificates (subjectAltName), each with its role: oncall.example=operator.",
        option="client",
        metavar="NAME=ROLE[,...]",
        read_item=read_role,
    )
    allow_users: tuple[str, ...] = setting(
        (),
        "Users of this machine, besides its own and root, that are answered without a token.",
        option="allow-user",
        metavar="USER[,USER]",
    )
    insecure: bool = setting(False, "Answer anyone, and allow to listen beyond loopback without TLS and tokens.")
    hostnames: tuple[str, ...] = setting(
        (),
        "Names besides localhost that callers without tokens reach the gateway by.",
        option="hostname",
        metavar="NAME[,NAME]",
    )
    audit_file: str = setting(
        "", "Who changed or asked what, a line of JSON each; in the program's own log unless given.", metavar="FILE"
    )
    allow_networks: tuple[Network, ...] = setting(
        (),
        "Networks in which agents may be, besides loopback.",
        option="allow-network",
        metavar="CIDR[,CIDR]",
        read_item=_read_network,
    )
    allow_sockets: tuple[str, ...] = setting(
        (),
        "Folders in which agents of this machine may have the Unix sockets that they answer at.",
        option="allow-socket",
        metavar="FOLDER[,FOLDER]",
    )
    agent_tls: bool = setting(False, "Speak TLS with agents.")
    agent_ca: str = setting("", "Authority that the certificates of agents come from.", metavar="FILE")
    agent_cert: str = setting("", "Certificate to show to agents.", metavar="FILE")
    agent_key: str = setting("", "Key of --agent-cert.", metavar="FILE")
    agent_token_file: str = setting("", "File that holds the token to show to agents.", metavar="FILE")
    max_staleness: float = setting(
        300.0, "Show nothing that is older, should etcd be away.", metavar="DURATION", check=not_negative
    )
    check_interval: float = setting(
        4.0, "How long a dead connection to etcd may go unnoticed.", metavar="DURATION", check=above_zero
    )

    jwt: JwtSettings = field(default_factory=JwtSettings)

    @property
    def asks_who(self) -> bool:
        """Whether callers have to show who they are."""
        return bool(self.token_file or self.jwt.jwt_keys or self.client_ca)

    def check(self) -> None:
        """Refuse what is unsafe or makes no sense; raises ConfigError naming the option."""
        check_settings(self)
        check_pair(self, "tls_cert", "tls_key")
        check_pair(self, "agent_cert", "agent_key")
        check_pair(self, "client_ca", "clients")
        if self.client_ca and not self.tls_cert:
            raise ConfigError("client-ca", self.client_ca, "needs gateway-cert and gateway-key")
        for option, address in (("listen", self.listen), ("grpc-listen", self.grpc_listen)):
            if not address:
                continue
            # Without TLS a token travels in the clear, and without tokens anyone may write.
            host = address_to_listen(address, option, unix=False).host
            if not (is_loopback(host) or self.insecure or (self.tls_cert and self.asks_who)):
                raise ConfigError(
                    option,
                    address,
                    "other machines can reach it: it needs --gateway-cert, --gateway-key and one of --token-file, "
                    "--jwt-keys and --client-ca, or --insecure",
                )


#: All that ``corvo gateway`` can be told. Its own log is for people unless it is told otherwise.
GATEWAY = Program(
    GatewaySettings, JwtSettings, EtcdSettings, SurvivalSettings, OwnLogSettings, defaults={"own-log-format": "text"}
)
