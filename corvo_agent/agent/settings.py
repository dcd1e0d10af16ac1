"""What ``corvo agent`` can be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..addresses import address_to_announce
from ..errors import ConfigError, InvalidArgument
from ..settings.etcd import EtcdSettings
from ..settings.own_log import OwnLogSettings, check_level
from ..settings.program import Program
from ..settings.setting import above_zero, check_pair, check_settings, setting
from ..survival.settings import SurvivalSettings


def _check_pid(pid: int, what: str) -> None:
    if pid < 0:
        raise ConfigError(what, pid, "must be the number of a process")


def _check_advertise(text: str, what: str) -> None:
    try:
        if text:
            address_to_announce(text, what)
    except InvalidArgument as error:
        raise ConfigError(what, text, error.reason) from None


def _check_default_level(text: str, what: str) -> None:
    if text:
        check_level(text, what)


def _check_format(name: str, what: str) -> None:
    if name != "auto":
        from ..logs.dialects.dialect import stated_dialect

        _checked(stated_dialect, name, what)


def _check_zone(zone: str, what: str) -> None:
    if zone != "local":
        from ..logs.dialects.times import parse_zone

        _checked(parse_zone, zone, what)


def _checked(parse: Callable[[str, str], object], text: str, what: str) -> None:
    try:
        parse(text, what)
    except InvalidArgument as error:
        raise ConfigError(error.what, error.value, error.reason, error.valid) from None


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """The sidecar of one module: what it stands for, what it looks into, where it serves. Times are seconds.

    Raises ConfigError naming the option that is wrong.
    """

    module: str = setting("", "Name of the module without the node, such as pen-spyglass.", metavar="MODULE")
    node: str = setting("", "Name of the node; the host name unless given.", metavar="NODE")
    name: str = setting("", "The whole name of the Module object, in place of NODE-MODULE.", metavar="NAME")
    category: str = setting("Venice", "Category of a Module that the agent creates.", metavar="CATEGORY")
    log_file: str = setting("", "The log file; /var/log/pensando/MODULE.log unless given.", metavar="FILE")
    allow_log_folders: tuple[str, ...] = setting(
        (),
        "Folders besides its own that links in its place, and beside it, may lead to.",
        option="allow-log-folder",
        metavar="FOLDER[,FOLDER]",
    )
    log_format: str = setting(
        "auto",
        "What its lines are written in, such as pino or python-dashes; found out from them unless given.",
        metavar="FORMAT",
        check=_check_format,
    )
    log_zone: str = setting(
        "local",
        "The zone of times in it that state none, such as UTC, +02:00 or Europe/Berlin.",
        metavar="ZONE",
        check=_check_zone,
    )
    mask_patterns: tuple[str, ...] = setting(
        (),
        "What else to mask in lines of the log, in RE2; passwords, tokens and keys are masked without it.",
        option="mask-pattern",
        metavar="REGEX[,REGEX]",
    )
    mask_cards: bool = setting(False, "Mask numbers of payment cards in lines of the log, too.")
    listen: str = setting("127.0.0.1:0", "Where to serve gRPC; port 0 takes a free one.", metavar="HOST:PORT")
    advertise: str = setting(
        "",
        "What others dial, when it is not --listen; where that stands for all addresses, the one that reaches etcd.",
        metavar="HOST:PORT",
        check=_check_advertise,
    )
    tls_cert: str = setting("", "Certificate to serve with.", metavar="FILE")
    tls_key: str = setting("", "Key of --tls-cert.", metavar="FILE")
    tls_client_ca: str = setting("", "Authority that callers need a certificate of.", metavar="FILE")
    allow_clients: tuple[str, ...] = setting(
        (),
        "Names in the certificates of --tls-client-ca that are answered; all of them unless given.",
        option="allow-client",
        metavar="NAME[,NAME]",
    )
    caller_token_file: str = setting(
        "", "Callers without a certificate need a token of it: the file of `corvo token new`.", metavar="FILE"
    )
    allow_users: tuple[str, ...] = setting(
        (),
        "Users of this machine, besides its own and root, that are answered without certificate and token.",
        option="allow-user",
        metavar="USER[,USER]",
    )
    socket_group: str = setting("", "Group that may use the unix socket of --listen, too.", metavar="GROUP")
    trust_gateways: tuple[str, ...] = setting(
        (),
        "Callers whose word is believed when they say for whom they ask: names in certificates, of tokens, of users.",
        option="trust-gateway",
        metavar="NAME[,NAME]",
    )
    audit_file: str = setting(
        "", "Who changed or asked what, a line of JSON each; in the program's own log unless given.", metavar="FILE"
    )
    insecure: bool = setting(
        False, "Answer anyone, and allow to listen beyond loopback without TLS that asks for certificates."
    )
    default_level: str = setting(
        "",
        "Level while the Module says nothing, also written into one that is created; as configured unless given.",
        metavar="LEVEL",
        check=_check_default_level,
    )
    level_hook: str = setting(
        "",
        "What changes the level inside the process, such as zap:URL, signal:Debug=USR1,*=USR2, exec:ARGV.",
        metavar="HOOK",
    )
    pid: int = setting(
        0,
        "The process to look into: Stats and Profile queries are answered about it.",
        metavar="PID",
        check=_check_pid,
    )
    pid_file: str = setting("", "File that holds its number; a restarted one is found again.", metavar="FILE")
    match: str = setting("", "Its command line matches this; a restarted one is found again.", metavar="REGEX")
    go_pprof: str = setting(
        "", "A Go process with net/http/pprof and expvar: its profiles and variables are the answers.", metavar="URL"
    )
    go_pprof_headers: str = setting(
        "", "File of headers to send to it, NAME: VALUE on each line, such as Authorization.", metavar="FILE"
    )
    go_pprof_ca: str = setting("", "Authority of its certificate; those of the system unless given.", metavar="FILE")
    go_pprof_cert: str = setting("", "Certificate to show to it.", metavar="FILE")
    go_pprof_key: str = setting("", "Key of --go-pprof-cert.", metavar="FILE")
    max_lines: int = setting(100_000, "Most log lines that one query may ask for.", metavar="NUMBER", check=above_zero)
    max_queries: int = setting(16, "Most queries answered at once.", metavar="NUMBER", check=above_zero)
    max_message: int = setting(4 << 20, "Longest request, in bytes.", metavar="BYTES", check=above_zero)
    check_interval: float = setting(
        10.0, "How long a dead connection to etcd may go unnoticed.", metavar="DURATION", check=above_zero
    )
    lease_ttl: float = setting(
        15.0, "How long a dead agent's address may be found.", metavar="DURATION", check=above_zero
    )
    stop_timeout: float = setting(5.0, "How long stopping may take.", metavar="DURATION", check=above_zero)

    def __post_init__(self) -> None:
        if not self.module:
            raise ConfigError("module", None, "is missing: give --module, CORVO_MODULE or module in the file")
        check_settings(self)
        check_pair(self, "tls_cert", "tls_key")
        check_pair(self, "go_pprof_cert", "go_pprof_key")
        if not self.go_pprof and (self.go_pprof_headers or self.go_pprof_ca or self.go_pprof_cert):
            raise ConfigError("go-pprof", None, "is missing: the other options of --go-pprof-... are about it")
        if self.tls_client_ca and not self.tls_cert:
            # Left out without a word, it would leave the server open to every caller.
            raise ConfigError("tls-client-ca", self.tls_client_ca, "needs tls-cert and tls-key")
        if self.allow_clients and not self.tls_client_ca:
            raise ConfigError("allow-client", ",".join(self.allow_clients), "needs tls-client-ca")
        processes = {"pid": self.pid, "pid-file": self.pid_file, "match": self.match}
        named = [option for option, value in processes.items() if value]
        if len(named) > 1:
            raise ConfigError(named[0], processes[named[0]], f"goes without {named[1]}: one of them says which process")


#: All that ``corvo agent`` can be told.
AGENT = Program(AgentSettings, EtcdSettings, SurvivalSettings, OwnLogSettings)

#: What chooses a process that the agent does not live in.
FOREIGN = ("pid", "pid-file", "match", "go-pprof", "level-hook")

#: All that ``corvo run`` can be told; what its hub says of itself goes into a file.
RUN = Program(AgentSettings, EtcdSettings, without=FOREIGN)

#: All that ``corvo attach --as`` can be told: which process and what it is called its own command line says.
ATTACH = Program(AgentSettings, EtcdSettings, without=(*FOREIGN, "module", "name", "node"))
