"""Which objects and which changes a caller wants to see."""

from __future__ import annotations

from dataclasses import dataclass

from ..kv import ChangeType
from ..model import Module
from .fields import FieldChange, FieldSelector
from .labels import LabelSelector


@dataclass(frozen=True, slots=True)
class Selection:
    """Which Modules, and which of their changes, a list or watch is about.

    All of it has to match; what is empty or None lets everything through. ``changed`` holds updates against the state
    before them.
    """

    name: str = ""
    labels: LabelSelector | None = None
    fields: FieldSelector | None = None
    changed: FieldChange | None = None
    tenant: str = ""

    def matches(self, module: Module) -> bool:
        """Whether the object is one of those wanted."""
        return (
            (not self.name or module.meta.name == self.name)
            and (not self.tenant or module.meta.tenant == self.tenant)
            and (self.labels is None or self.labels(module.meta.labels))
            and (self.fields is None or self.fields(module))
        )

    def passes(self, type: ChangeType, module: Module, before: Module | None) -> bool:
        """Whether the change to ``module`` is one of those wanted; only updates are held against ``changed``."""
        if not self.matches(module):
            return False
        if self.changed is None or type is not ChangeType.UPDATED or before is None:
            return True
        return self.changed(before, module)
