"""What is made as an object of the twin of a frozen class is one of that class, in all that can be seen."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from corvo_agent.modules.json.codec import decode_module
from corvo_agent.modules.json.frozen import unfrozen
from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta, ServicePort


@dataclass(frozen=True, slots=True)
class Part:
    given: str
    size: int = 3
    labels: dict[str, str] = field(default_factory=dict)


def test_a_twin_has_the_fields_and_the_defaults_and_may_become_the_frozen_one() -> None:
    twin = unfrozen(Part)
    made, other = twin(given="a"), twin(given="b", size=4)
    made.size = 5
    made.__class__ = other.__class__ = Part
    assert (made, other) == (Part("a", 5), Part("b", 4))
    assert made.labels is not other.labels
    with pytest.raises(FrozenInstanceError):
        made.size = 6
    with pytest.raises(TypeError, match="given"):
        twin()


def test_a_decoded_module_and_its_parts_are_what_their_classes_make() -> None:
    value = b"""{"kind":"Module","api-version":"v1","meta":{"labels":{"a":"b"},"mod-time":"2026-01-01T00:00:00Z"},
        "spec":{"log-level":"Warn","args":["x"]},
        "status":{"node":"n","restart-count":2,"service-ports":[{"name":"p","port":1}]},"more":1}"""
    module = decode_module(value, "/venice/config/diagnostics/modules/n-x", 7)
    known = Module(
        ObjectMeta("n-x", resource_version="7", labels={"a": "b"}, mod_time=1_767_225_600 * 10**9),
        ModuleSpec("Warn", args=("x",)),
        ModuleStatus("n", restart_count=2, service_ports=(ServicePort("p", 1),)),
    )
    assert module == known
    assert repr(module) == repr(known)
    assert module.raw == {"more": 1}
    for part in (module, module.meta, module.spec, module.status):
        assert type(part) in {Module, ObjectMeta, ModuleSpec, ModuleStatus}
        assert replace(part) == pickle.loads(pickle.dumps(part)) == part
        for each in fields(part):
            with pytest.raises(FrozenInstanceError):
                setattr(part, each.name, "")
    assert hash(module.spec) == hash(known.spec)
