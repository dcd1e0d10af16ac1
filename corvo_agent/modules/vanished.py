"""A Module that is gone although its owner lives, and what it is to be when the owner writes it again."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Module, ModuleSpec, ObjectMeta

#: Seconds that an owner waits after a deletion: an updater that deletes and then creates has its turn first.
DELETION_PAUSE = 3.0
#: What a person who deletes a Module has to know.
DELETION_NOTE = "what still runs is written again within 10 s, without a level, by its agent or its writer"


@dataclass(frozen=True, slots=True)
class Vanished:
    """``last`` is what the Module was. ``replaced``: the store lost its data, or holds an older copy of them."""

    last: Module
    replaced: bool

    @property
    def pause(self) -> float:
        """Seconds to wait before it is written again."""
        return 0.0 if self.replaced else DELETION_PAUSE

    def restored(self) -> Module:
        """What to create: as it was when the store lost it; without a spec when a person or a program deleted it.

        Deleting a Module is how people bring its level back to what was configured, so its spec stays away. Its labels
        say where it belongs, its status what its owner reports.
        """
        last = self.last
        if self.replaced:
            return last
        return Module(ObjectMeta(name=last.name, labels=last.meta.labels), ModuleSpec(), last.status)
