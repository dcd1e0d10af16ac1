"""What the writer writes into a Module, and how its objects are told from those of others."""

from __future__ import annotations

from dataclasses import fields, replace

from ..modules.model import Module, ModuleSpec, ObjectMeta
from ..modules.registration import is_reported
from ..modules.vanished import Vanished
from .source import Present

#: The label that says which source an object came from. Labels and PUTs of people leave those of this prefix alone,
#: here and in the original.
SOURCE_LABEL = "io.pensando.corvo/source"


def source_of(module: Module) -> str:
    """The source that ``module`` came from; "" when people, or an agent, made it."""
    return module.meta.labels.get(SOURCE_LABEL, "")


def reported(module: Module, source: str, present: Present) -> Module:
    """``module`` with what ``source`` knows: fields that it left empty stay as they are."""
    status = {field.name: getattr(present.status, field.name) for field in fields(present.status)}
    known = {name: value for name, value in status.items() if value or name in present.known}
    labelled = module.with_meta(labels={**module.meta.labels, SOURCE_LABEL: source})
    return labelled.with_status(**known)


def created(source: str, present: Present, vanished: Vanished | None) -> Module:
    """A new object for what ``source`` knows; one that has ``vanished`` comes back as ``Vanished`` says."""
    before = Module() if vanished is None else vanished.restored()
    meta = ObjectMeta(name=present.name, labels=before.meta.labels)
    module = reported(replace(before, meta=meta), source, present)
    return module.with_status(category=module.status.category or "Venice")


def is_lost(module: Module, present: Present) -> bool:
    """Whether it lacks what marks it as ours, all that was reported of ``present``, or what no object may lack."""
    unreported = is_reported(present.status) and not is_reported(module.status)
    return not source_of(module) or unreported or module.incomplete


def set_by_people(module: Module) -> bool:
    """Whether anything in it is not as it was created; what cannot be read was typed by a person."""
    return bool(module.invalid) or module.spec != ModuleSpec() or module.meta.labels.keys() != {SOURCE_LABEL}
