"""What ``corvo writer`` can be told."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError
from ..settings.etcd import EtcdSettings
from ..settings.own_log import OwnLogSettings
from ..settings.program import Program
from ..settings.setting import above_zero, check_settings, not_negative, setting

#: What ``--source`` may name.
SOURCES = ("kubernetes", "systemd", "file:PATH")


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """Which sources the writer follows, and how it writes. Times are seconds.

    Raises ConfigError naming the option that is wrong.
    """

    source: tuple[str, ...] = setting(
        (), "What knows which modules run: kubernetes, systemd or file:PATH.", metavar="SOURCE[,SOURCE]"
    )
    namespace: str = setting("default", "Namespace of the pods.", metavar="NAME")
    pod_selector: str = setting("", "Labels of the pods.", metavar="SELECTOR")
    kubeconfig: str = setting(
        "", "The cluster; the pod's own account or the user's kubeconfig unless given.", metavar="FILE"
    )
    context: str = setting(
        "",
        "Context of the kubeconfig; its current one unless given.",
        variable="CORVO_KUBE_CONTEXT",
        metavar="NAME",
    )
    unit: tuple[str, ...] = setting((), "Services of systemd, such as 'pen-*.service'.", metavar="PATTERN[,PATTERN]")
    node: str = setting("", "Node that the services run on; the host name unless given.", metavar="NODE")
    bus: str = setting("", "D-Bus that systemd is on; the system's unless given.", metavar="ADDRESS")
    group: str = setting(
        "", "Tells these objects from those of other writers with sources of the same name.", metavar="NAME"
    )
    linger: float = setting(
        600.0,
        "How long an object that people have set something in outlives what it stands for.",
        metavar="DURATION",
        check=not_negative,
    )
    queue: int = setting(1000, "Most modules that wait to be written.", metavar="NUMBER", check=above_zero)
    attempts: int = setting(
        30, "How often --once tries a write; without it, for ever.", metavar="NUMBER", check=above_zero
    )

    def __post_init__(self) -> None:
        if not self.source:
            raise ConfigError("source", None, "is missing: give --source, CORVO_SOURCE or source in the file", SOURCES)
        for each in self.source:
            kind, _, path = each.partition(":")
            if each not in SOURCES[:-1] and not (kind == "file" and path):
                raise ConfigError("source", each, "unknown source", SOURCES)
        check_settings(self)


#: All that ``corvo writer`` can be told. Its own log is for people unless it is told otherwise.
WRITER = Program(WriterSettings, EtcdSettings, OwnLogSettings, defaults={"own-log-format": "text"})
