"""What people's tools need of Modules, wherever those are: in etcd, or behind a gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # Only named here: who only chooses Modules, such as a command that shows its help, need not wait for these.
    from .controls.control import Control
    from .history.value import History
    from .kv import ChangeType
    from .model import Module
    from .module_level import ModuleLevel
    from .store import ModuleList


@dataclass(frozen=True, slots=True)
class Selector:
    """Which Modules: the one of that name, those whose labels and fields fit; what is "" lets all through.

    ``labels`` and ``fields`` are selectors in the syntax of REST, such as ``team=net`` and ``status.node=node1``.
    """

    name: str = ""
    labels: str = ""
    fields: str = ""


#: Chooses every Module of the cluster.
EVERY_MODULE = Selector()


@dataclass(frozen=True, slots=True)
class ModuleEvent:
    """One change of one Module: the state after it, or before it when it was deleted.

    ``error`` says why that state cannot be read; then ``module`` has nothing but its name and version.
    """

    type: ChangeType
    module: Module
    error: Exception | None = None


class ModuleAccess(Protocol):
    """Module objects.

    Every call raises Unavailable, DeadlineExceeded when a time ran out, PermissionRefused, or RemoteError for what
    else the other end says; where it says that an argument is wrong, its code is INVALID_ARGUMENT in place of
    InvalidArgument. Calls may be cancelled at any time; a write that was cancelled may or may not have happened.
    """

    async def get(self, name: str) -> Module:
        """The Module ``name``, which may be ``invalid``. Raises NotFound."""
        ...

    async def list(self, selector: Selector = EVERY_MODULE) -> ModuleList:
        """Those that ``selector`` lets through, by name. Raises InvalidArgument for a bad selector."""
        ...

    async def names(self, prefix: str, limit: int) -> Sequence[str]:
        """At most ``limit`` names that begin with ``prefix``, in order: what a shell offers. 0 is no limit."""
        ...

    async def create(self, module: Module) -> Module:
        """Store a new Module; the stored one. Raises InvalidArgument, AlreadyExists."""
        ...

    async def modify(self, name: str, change: Callable[[Module], Module]) -> Module:
        """Read the Module, let ``change`` make another one of it, and store that unless another client was faster.

        Then again, a bounded number of times. Nothing is written when nothing differs. What could not be read of it
        stays, until ``change`` sets its field. The Module as it is stored
        then. Raises NotFound, InvalidArgument, VersionConflict after the last attempt, and what ``change`` raises.
        """
        ...

    async def level(self, name: str) -> ModuleLevel:
        """The Module with its controls and what its agent has applied, as they are now. Raises NotFound."""
        ...

    async def levels(self, selector: Selector = EVERY_MODULE) -> Sequence[ModuleLevel]:
        """The same of all that ``selector`` lets through, by name. Raises InvalidArgument for a bad selector."""
        ...

    async def history(self, name: str) -> History:
        """The last changes of the Module, newest first; for a while also of one that is deleted. () for none.

        Raises NotFound when there is no such Module, and never was one as far as is known; DecodeError for a history
        that cannot be read.
        """
        ...

    async def set_control(self, name: str, control: Control, lasts: int) -> None:
        """Put ``control`` over the level of the Module for ``lasts`` nanoseconds, 0 for no end, from now on.

        One with an ``id`` lies beside the others of its logger, and counts while it is the newest; else it takes their
        place.
        Raises NotFound, InvalidArgument, ResourceExhausted for too many controls.
        """
        ...

    async def clear_control(self, name: str, logger: str = "", id: str = "") -> None:
        """End what was put over the level of ``logger``, "" being the whole process, or only ``id``.

        Raises NotFound.
        """
        ...

    async def delete(self, name: str) -> Module:
        """Delete the Module and its controls; what it was. Raises NotFound."""
        ...

    def watch(self, selector: Selector = EVERY_MODULE) -> AsyncGenerator[ModuleEvent, None]:
        """The Modules that are there as Created, then every change, for ever; close it with ``contextlib.aclosing``.

        Losses of the other end are bridged: nothing is lost, nothing told twice. Raises before the first event what
        stands in the way, InvalidArgument for a bad selector included.
        """
        ...
