"""The Module object and its parts: frozen values, without I/O and without knowledge of JSON or protobuf.

Times are nanoseconds since the epoch, 0 for none. A level is kept as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..levels.level import Level


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """Which object it is, and its history.

    ``name`` is the one that etcd's key ends with. ``generation_id`` counts changes of spec and labels, in decimal;
    ``resource_version`` is etcd's mod_revision in decimal, never the stored text. Times are nanoseconds since the
    epoch, 0 for none. ``tenant`` and ``namespace`` are kept for Go peers and mean nothing here.
    """

    name: str = ""
    tenant: str = ""
    namespace: str = ""
    generation_id: str = ""
    resource_version: str = ""
    uuid: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    creation_time: int = 0
    mod_time: int = 0
    self_link: str = ""


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port that the module listens on: ``name`` says which service, ``port`` is the number."""

    name: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """What people want of the module; an agent creates it and then never writes it.

    ``log_level`` is a level as it was written ("" means the default); controls beside the Module outrank it while they
    last. ``enable_trace`` turns on the recorders that cost something. ``args`` are kept for Go peers.
    """

    log_level: str = ""
    enable_trace: bool = False
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModuleStatus:
    """What agents and writers report of the module; people do not write it.

    ``last_start`` is in nanoseconds since the epoch. ``restart_count`` grows by one per start, ``last_restart_reason``
    says why the process before ended. ``node`` and ``service_ports`` are where Go peers look for it.
    """

    node: str = ""
    module: str = ""
    category: str = ""
    last_start: int = 0
    restart_count: int = 0
    last_restart_reason: str = ""
    service: str = ""
    service_ports: tuple[ServicePort, ...] = ()
    mac_address: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """One running process or container.

    ``raw`` holds the parts of the JSON that it was read from which we do not know, at their places; the codec writes
    them back. It takes no part in comparisons.

    ``invalid`` says why the value in the store is no Module that an agent would follow, "" for one that is. Then the
    fields hold what could be read, and ``unread`` by section the values that could not, which are written back until
    something takes their place.

    ``incomplete``: the value in the store lacks its kind or its self-link, without which the original's API server
    loses the object; whatever writes it next completes it.
    """

    meta: ObjectMeta = field(default_factory=ObjectMeta)
    spec: ModuleSpec = field(default_factory=ModuleSpec)
    status: ModuleStatus = field(default_factory=ModuleStatus)
    kind: str = "Module"
    api_version: str = "v1"
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False, hash=False)
    invalid: str = ""
    unread: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False, hash=False)
    incomplete: bool = field(default=False, compare=False, repr=False, hash=False)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.meta.name

    @property
    def revision(self) -> int:
        """The etcd revision that this state was written at, 0 when it was never stored."""
        return int(self.meta.resource_version or 0)

    def with_spec(self, **changes: Any) -> Module:
        """A copy with fields of the spec replaced, also those that could not be read."""
        spec = self.unread.get("spec", {})
        left = {key: value for key, value in spec.items() if key.replace("-", "_") not in changes}
        unread = {name: found for name, found in {**self.unread, "spec": left}.items() if found}
        return replace(self, spec=replace(self.spec, **changes), unread=unread)

    def with_log_level(self, level: str, *, announced: bool) -> Module:
        """A copy with ``level`` as the lasting one, in small letters where the object's own level is in them.

        Without a level its category tells. Where no agent of ours has ``announced`` itself it is in small letters
        always: a process of the original knows ``debug`` and takes ``Debug`` for Info.
        """
        own = self.spec.log_level or self.status.category
        return self.with_spec(log_level=level.lower() if own.islower() or not announced else level)

    def with_status(self, **changes: Any) -> Module:
        """A copy with fields of the status replaced."""
        return replace(self, status=replace(self.status, **changes))

    def with_meta(self, **changes: Any) -> Module:
        """A copy with fields of the meta replaced."""
        return replace(self, meta=replace(self.meta, **changes))


def same_level(one: str, other: str) -> bool:
    """Whether two texts of ``log-level`` mean the same, however they are spelt; "" is no level."""
    return bool(one) == bool(other) and (not one or Level.of(one) is Level.of(other))
