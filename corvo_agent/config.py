"""The configuration of ``corvo agent``: frozen, checked, and gathered once from options, environment and a TOML file.

An option outranks a ``CORVO_`` variable, that outranks the file, that the default. Every setting has one name in
three spellings: ``--log-file``, ``CORVO_LOG_FILE``, ``log-file``.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import ConfigError, InvalidArgument
from .levels.level import Level
from .timestamps import parse_duration

#: Where the environment names of settings begin.
PREFIX = "CORVO_"
LOG_FORMATS = ("json", "text")


def _setting(default: Any, description: str, *, secret: bool = False, metavar: str = "") -> Any:
    """A field with the text that ``--help`` shows; a secret one is never shown."""
    metadata = {"help": description, "secret": secret, "metavar": metavar}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True, slots=True)
class AgentConfig:
    """Everything that ``corvo agent`` can be told. Times are seconds; a tuple is a list in the file, commas elsewhere.

    Raises ConfigError naming the setting that is wrong.
    """

    module: str = _setting("", "Name of the module without the node, such as pen-spyglass.", metavar="MODULE")
    node: str = _setting("", "Name of the node; the host name unless given.")
    name: str = _setting("", "The whole name of the Module object, in place of NODE-MODULE.")
    category: str = _setting("Venice", "Category of a Module that the agent creates.")
    log_file: str = _setting("", "The JSON log file; /var/log/pensando/MODULE.log unless given.", metavar="FILE")
    etcd: tuple[str, ...] = _setting((), "Endpoints of etcd; without them the agent only serves.", metavar="URL[,URL]")
    etcd_ca: str = _setting("", "Authority that the certificates of etcd come from.", metavar="FILE")
    etcd_cert: str = _setting("", "Certificate to show to etcd.", metavar="FILE")
    etcd_key: str = _setting("", "Key of --etcd-cert.", metavar="FILE")
    etcd_hostname: str = _setting("", "Name in the certificates of etcd, when it is not that of the URL.")
    etcd_user: str = _setting("", "User of etcd.")
    etcd_password: str = _setting("", "Password of --etcd-user; better in a file.", secret=True)
    etcd_password_file: str = _setting("", "File that holds the password of --etcd-user.", metavar="FILE")
    listen: str = _setting("127.0.0.1:0", "Where to serve gRPC; port 0 takes a free one.", metavar="HOST:PORT")
    advertise: str = _setting("", "What others dial, when it is not --listen.", metavar="HOST:PORT")
    tls_cert: str = _setting("", "Certificate to serve with.", metavar="FILE")
    tls_key: str = _setting("", "Key of --tls-cert.", metavar="FILE")
    tls_client_ca: str = _setting("", "Authority that callers need a certificate of.", metavar="FILE")
    insecure: bool = _setting(False, "Allow to listen beyond loopback without TLS and client certificates.")
    default_level: str = _setting("Info", "Level while the Module says nothing.", metavar="LEVEL")
    level_hook: str = _setting(
        "", "What changes the level inside the process, such as zap:URL, signal:Debug=USR1,*=USR2, exec:ARGV."
    )
    pid: int = _setting(0, "The process to look into: Stats and Profile queries are answered about it.")
    pid_file: str = _setting("", "File that holds its number; a restarted one is found again.", metavar="FILE")
    match: str = _setting("", "Its command line matches this; a restarted one is found again.", metavar="REGEX")
    go_pprof: str = _setting(
        "", "A Go process with net/http/pprof and expvar: its profiles and variables are the answers.", metavar="URL"
    )
    max_lines: int = _setting(100_000, "Most log lines that one query may ask for.")
    max_queries: int = _setting(16, "Most queries answered at once.")
    max_message: int = _setting(4 << 20, "Longest request, in bytes.")
    check_interval: float = _setting(10.0, "How long a dead connection to etcd may go unnoticed.", metavar="SECONDS")
    lease_ttl: float = _setting(15.0, "How long a dead agent's address may be found.", metavar="SECONDS")
    stop_timeout: float = _setting(5.0, "How long stopping may take.", metavar="SECONDS")
    own_log_format: str = _setting("json", "Form of the agent's own log on stderr: json or text.")
    own_log_level: str = _setting("Info", "Level of the agent's own log.", metavar="LEVEL")

    def __post_init__(self) -> None:
        if not self.module:
            raise ConfigError("module", None, "is missing: give --module, CORVO_MODULE or module in the file")
        if any("@" in url for url in self.etcd):
            # Not shown: it may hold a password.
            raise ConfigError("etcd", None, "user and password have settings of their own, not a place in the URL")
        for name in ("default_level", "own_log_level"):
            _check_level(name, getattr(self, name))
        if self.own_log_format not in LOG_FORMATS:
            raise ConfigError(spelling("own_log_format"), self.own_log_format, "unknown format", LOG_FORMATS)
        for name in ("max_lines", "max_queries", "max_message", "check_interval", "lease_ttl", "stop_timeout"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(spelling(name), getattr(self, name), "must be greater than 0, and finite")
        if self.pid < 0:
            raise ConfigError("pid", self.pid, "must be the number of a process")
        targets = [name for name in ("pid", "pid_file", "match") if getattr(self, name)]
        if len(targets) > 1:
            one, other = map(spelling, targets[:2])
            raise ConfigError(one, getattr(self, targets[0]), f"goes without {other}: one of them says which process")
        for one, other in (("etcd_cert", "etcd_key"), ("tls_cert", "tls_key")):
            if bool(getattr(self, one)) != bool(getattr(self, other)):
                raise ConfigError(spelling(one), getattr(self, one), f"belongs together with {spelling(other)}")
        if self.tls_client_ca and not self.tls_cert:
            # Ignoring it silently would leave the server as open as without it.
            raise ConfigError("tls-client-ca", self.tls_client_ca, "needs tls-cert and tls-key")
        if self.etcd_password and self.etcd_password_file:
            raise ConfigError("etcd-password-file", self.etcd_password_file, "there is an etcd-password already")


def _check_level(name: str, text: str) -> None:
    try:
        Level.parse(text, spelling(name))
    except InvalidArgument as error:
        raise ConfigError(error.what, error.value, error.reason, error.valid) from None


def settings() -> tuple[Field[Any], ...]:
    """The settings in the order in which they are shown."""
    return fields(AgentConfig)


def spelling(name: str) -> str:
    """A field's name as options and the file have it."""
    return name.replace("_", "-")


def variable(name: str) -> str:
    """A field's name as the environment has it."""
    return PREFIX + name.upper()


def default_of(setting: Field[Any]) -> Any:
    """The value of a setting that is given nowhere; None for one that must be given."""
    return None if setting.default is MISSING else setting.default


def build_config(
    options: Mapping[str, Any], environment: Mapping[str, str], file: Mapping[str, Any] | None = None, path: str = ""
) -> AgentConfig:
    """One AgentConfig of all three sources.

    ``options`` are by field name, None where not given; ``environment`` is that of the process; ``file`` what
    ``read_toml`` gave of ``path``. Raises ConfigError naming the key or variable: an unknown key, a value of a wrong
    type, a value that is refused.
    """
    known = {spelling(setting.name): setting for setting in settings()}
    values: dict[str, Any] = {}
    for key, value in (file or {}).items():
        if key not in known:
            raise ConfigError(f"{path}: {key}", None, "unknown key", difflib.get_close_matches(key, known, 3) or known)
        values[known[key].name] = _from_file(known[key], value, f"{path}: {key}")
    for setting in settings():
        text = environment.get(variable(setting.name), "")
        if text:
            values[setting.name] = parse_setting(setting, text, variable(setting.name))
        if options.get(setting.name) is not None:
            values[setting.name] = options[setting.name]
    return AgentConfig(**values)


def parse_setting(setting: Field[Any], text: str, what: str) -> Any:
    """The value that ``text`` is for ``setting``; raises ConfigError naming ``what``."""
    default = default_of(setting)
    shown = None if setting.metadata["secret"] else text
    if isinstance(default, bool):
        lowered = text.strip().lower()
        if lowered not in _BOOLEANS:
            raise ConfigError(what, shown, "must be true or false")
        return _BOOLEANS[lowered]
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return parse_duration(text, what) / 1e9
    except ValueError:
        raise ConfigError(what, shown, "must be a whole number") from None
    except InvalidArgument as error:
        raise ConfigError(what, shown, error.reason) from None
    return text


_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def _from_file(setting: Field[Any], value: Any, what: str) -> Any:
    default = default_of(setting)
    shown = None if setting.metadata["secret"] else value
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        if isinstance(value, str):
            return parse_setting(setting, value, what)
        raise ConfigError(what, shown, "must be a list of texts")
    if isinstance(default, float) and isinstance(value, str):
        return parse_setting(setting, value, what)
    expected = (int, float) if isinstance(default, float) else type(default)
    if not isinstance(value, expected) or (isinstance(value, bool) and not isinstance(default, bool)):
        words = {bool: "true or false", int: "a whole number", float: "a number of seconds", str: "text"}
        raise ConfigError(what, shown, f"must be {words[type(default)]}")
    return float(value) if isinstance(default, float) else value


def read_toml(path: str) -> dict[str, Any]:
    """The table in the TOML file ``path``. The one function here that reads a file. Raises ConfigError."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError("config", path, error.strerror or str(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config", path, f"not TOML: {error}") from error


def read_password(config: AgentConfig) -> str:
    """The password of etcd: from its file when one is named, else as given. Raises ConfigError."""
    return read_secret(config.etcd_password_file, "etcd-password-file") or config.etcd_password


def read_secret(path: str, what: str) -> str:
    """The first line of the file ``path``, "" for no path. Raises ConfigError naming ``what``."""
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except OSError as error:
        raise ConfigError(what, path, error.strerror or str(error)) from error
    except UnicodeDecodeError:
        # The reason would quote the content.
        raise ConfigError(what, path, "is not UTF-8") from None


def mistaken_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that are almost one of ours -> the one that was probably meant.

    Others that begin with ``CORVO_`` may belong to other programs: Kubernetes makes CORVO_GATEWAY_SERVICE_HOST and the
    like for a service called corvo-gateway.
    """
    known = [variable(setting.name) for setting in settings()]
    unknown = [name for name in environment if name.startswith(PREFIX) and name not in known]
    close = {name: difflib.get_close_matches(name, known, 1, cutoff=0.9) for name in unknown}
    return {name: matches[0] for name, matches in close.items() if matches}
