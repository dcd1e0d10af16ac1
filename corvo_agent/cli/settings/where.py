"""What the commands can be told of where to look."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...settings.etcd import EtcdSettings
from ...settings.program import Program
from ...settings.setting import above_zero, check_settings, setting

#: Where a gateway listens unless told otherwise, and so where commands look.
DEFAULT_GATEWAY = "http://127.0.0.1:9000"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a command looks: the first of ``address``, ``etcd`` and ``gateway`` that is given, else DEFAULT_GATEWAY.

    ``tls_*`` is the TLS towards the gateway or the agent. ``timeout`` is in seconds. Raises ConfigError naming the
    option that is wrong.
    """

    gateway: str = setting("", f"Ask this gateway; {DEFAULT_GATEWAY} when nothing says where to look.", metavar="URL")
    gateway_token: str = setting("", "Token for the gateway; better in a file.", metavar="TEXT", secret=True)
    gateway_token_file: str = setting("", "File that holds the token for the gateway.", metavar="FILE")
    address: str = setting("", "Call this agent, without a gateway and etcd.", metavar="HOST:PORT")
    context: str = setting("", "The context that says where to look, see corvo context.", metavar="NAME")
    agent_token_file: str = setting("", "File that holds the token for an agent that is called itself.", metavar="FILE")
    tls_ca: str = setting("", "Authority of the TLS of the gateway, or of the agent.", metavar="FILE")
    tls_cert: str = setting("", "Certificate to show to the gateway, or to the agent.", metavar="FILE")
    tls_key: str = setting("", "Key of --tls-cert.", metavar="FILE")
    tls_hostname: str = setting("", "Name in their certificate, when it is not that of the address.", metavar="NAME")
    timeout: float = setting(30.0, "How long to wait for an answer.", metavar="DURATION", check=above_zero)
    etcd: EtcdSettings = field(default_factory=EtcdSettings)

    def __post_init__(self) -> None:
        check_settings(self)


#: All that commands can be told of where to look.
WHERE = Program(Where, EtcdSettings)
