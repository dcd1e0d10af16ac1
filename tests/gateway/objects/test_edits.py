"""What each write makes of a Module (the semantics of the contract's section 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corvo_agent.errors import DecodeError, ValidationFailed, VersionConflict
from corvo_agent.gateway.objects import edits as objects
from corvo_agent.modules.json.codec import encode_module, module_from_dict, read_module
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta
from corvo_agent.modules.names import key_of

from ..modules import NOW, module

LATER = NOW + 5
OLD = replace(
    module(level="Debug", labels={"a": "b", "io.pensando.sys": "1"}, args=("-a",)),
    raw={"extra": 1, "spec": {"more": 2}, "status": {"own": 3}},
)


def test_an_update_replaces_spec_and_labels_and_counts_a_generation() -> None:
    given = module_from_dict({"spec": {"enable-trace": True}, "meta": {"labels": {"c": "d"}}, "status": {"node": "x"}})
    new = objects.spec_replaced(OLD, given, now=LATER)
    assert new.spec == ModuleSpec(enable_trace=True)
    assert new.status == OLD.status
    assert new.meta == replace(OLD.meta, generation_id="2", mod_time=LATER, labels={"c": "d", "io.pensando.sys": "1"})
    assert new.raw == OLD.raw


def test_an_update_with_nothing_means_defaults_and_still_counts() -> None:
    new = objects.spec_replaced(OLD, Module(), now=LATER)
    assert new.spec == ModuleSpec()
    assert new.meta.labels == {"io.pensando.sys": "1"}
    assert objects.spec_replaced(new, Module(), now=LATER).meta.generation_id == "3"


def test_a_generation_that_is_no_number_starts_anew() -> None:
    for text in ("x", "9" * 5000, "٣", "-5"):
        assert objects.labelled(OLD.with_meta(generation_id=text), {}, now=LATER).meta.generation_id == "1"


def test_a_patch_merges_and_null_removes() -> None:
    patch = {
        "Spec": {"LOG-LEVEL": "warn", "args": None},
        "meta": {"labels": {"a": None, "c": "d"}},
        "status": {"node": "x"},
    }
    new = objects.patched(OLD, patch, now=LATER)
    assert (new.spec.log_level, new.spec.args) == ("warn", ())
    assert new.meta.labels == {"c": "d", "io.pensando.sys": "1"}
    assert new.status == OLD.status
    assert new.meta.generation_id == "2"
    # What we do not know of the stored object lives on.
    assert {"extra", "more", "own"} <= set(encode_module(new).decode().replace('"', " ").split())


def test_an_empty_patch_changes_the_generation_only() -> None:
    new = objects.patched(OLD, {}, now=LATER)
    assert (new.spec, new.status, new.meta.labels) == (OLD.spec, OLD.status, OLD.meta.labels)


def test_a_patch_that_is_too_deep_is_the_callers_fault() -> None:
    for depth in (300, 900, 100_000):
        patch: dict[str, Any] = {}
        for _ in range(depth):
            patch = {"a": patch}
        with pytest.raises(DecodeError, match="nested"):
            objects.patched(OLD, {"spec": patch}, now=LATER)


def test_a_patch_is_held_against_the_rules() -> None:
    with pytest.raises(ValidationFailed):
        objects.patched(OLD, {"spec": {"log-level": "loud"}}, now=LATER)
    with pytest.raises(DecodeError):
        objects.patched(OLD, {"spec": {"args": 5}}, now=LATER)
    with pytest.raises(DecodeError):
        objects.patched(OLD, {"spec": "x"}, now=LATER)


def test_labels_are_replaced_as_a_whole_but_for_those_of_the_system() -> None:
    new = objects.labelled(OLD, {"c": "d", "io.pensando.own": "2"}, now=LATER)
    assert new.meta.labels == {"c": "d", "io.pensando.sys": "1", "io.pensando.own": "2"}
    assert (new.spec, new.meta.generation_id, new.meta.mod_time) == (OLD.spec, "2", LATER)


def test_a_controller_replaces_everything_but_the_generation() -> None:
    given = module(level="warn", node="n2", labels={"x": "y"}, category="naples")
    new = objects.all_replaced(OLD, given.with_meta(uuid="other", generation_id="9"), now=LATER)
    assert (new.spec, new.status, new.meta.labels) == (given.spec, given.status, {"x": "y"})
    assert (new.meta.uuid, new.meta.generation_id, new.meta.mod_time) == (OLD.meta.uuid, "1", LATER)


def test_an_agent_replaces_the_status_only() -> None:
    new = objects.status_replaced(OLD, module(level="warn", node="n2", labels={"x": "y"}), now=LATER)
    assert (new.status.node, new.spec, new.meta.labels) == ("n2", OLD.spec, OLD.meta.labels)
    assert (new.meta.generation_id, new.meta.mod_time) == ("1", LATER)


def test_what_could_not_be_read_stays_until_its_part_is_replaced() -> None:
    value = b'{"meta":{"labels":7},"spec":{"log-level":"loud"},"status":{"node":"n1","restart-count":"x"}}'
    found = read_module(value, key_of("m1"), 7)
    labels, level, count = {"labels": 7}, {"log-level": "loud"}, {"restart-count": "x"}
    assert found.unread == {"meta": labels, "spec": level, "status": count}
    given = Module(ObjectMeta(name="m1"), ModuleSpec(args=("-a",)))
    assert objects.labelled(found, {}, now=NOW).unread == {"spec": level, "status": count}
    assert objects.status_replaced(found, given, now=NOW).unread == {"meta": labels, "spec": level}
    assert objects.spec_replaced(found, given, now=NOW).unread == {"status": count}
    assert objects.all_replaced(found, given, now=NOW).unread == {}
    assert objects.level_set(found, "Info", announced=True, now=NOW).unread == {"meta": labels, "status": count}
    patched = objects.patched(found, {"spec": {"args": ["-b"]}}, now=NOW)
    assert (patched.spec.args, patched.unread) == (("-b",), found.unread)
    assert objects.patched(found, {"spec": {"log-level": None}}, now=NOW).unread == {"meta": labels, "status": count}


def test_a_level_that_lasts_is_the_log_level() -> None:
    for_good = objects.level_set(OLD, "error", announced=True, now=LATER)
    assert (for_good.spec.log_level, for_good.meta.generation_id) == ("error", "2")


def test_a_patch_of_what_lies_beside_a_module_is_refused() -> None:
    for patch in ({"Spec": {"Override": {"level": "Debug"}}}, {"applied": {"level": "Debug"}}):
        with pytest.raises(ValidationFailed, match="PUT modules/NAME/level"):
            objects.patched(OLD, patch, now=LATER)
    # What an older version left may be taken out.
    old = replace(OLD, raw={"spec": {"override": {"level": "Debug"}, "x": 1}})
    assert objects.patched(old, {"spec": {"override": None}}, now=LATER).raw == {"spec": {"x": 1}}


def test_defaults_fill_level_and_category_only_where_they_are_missing() -> None:
    filled = objects.with_defaults(Module())
    assert (filled.spec.log_level, filled.status.category) == ("", "Venice")
    assert objects.with_defaults(OLD) == OLD


@pytest.mark.parametrize("version", ["8", "x", "-7", "9" * 30])
def test_a_write_from_another_version_is_refused(version: str) -> None:
    with pytest.raises(VersionConflict):
        objects.check_version(OLD, version)


@pytest.mark.parametrize("version", ["", "7"])
def test_a_write_from_this_version_or_from_none_passes(version: str) -> None:
    objects.check_version(OLD, version)
