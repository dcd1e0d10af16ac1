"""A draft is what the person typed, whatever becomes of the Module meanwhile."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from corvo_agent.cli.modules.draft import Draft, difference_lines
from corvo_agent.errors import InvalidArgument
from corvo_agent.modules.model import Module, ModuleSpec, ObjectMeta

MODULE = Module(
    ObjectMeta(name="n1-a", resource_version="7", labels={"team": "net"}),
    ModuleSpec(log_level="Warn"),
    raw={"spec": {"note": "keep me"}},
)
NEWER = MODULE.with_meta(resource_version="8").with_spec(log_level="Error")

Type = Callable[[Draft, str, str], None]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def draft(folder: Path) -> Iterator[Draft]:
    made = Draft(MODULE)
    yield made
    made.discard()
    assert list(folder.iterdir()) == []


def edit(draft: Draft, old: str, new: str) -> None:
    text = draft.path.read_text()
    assert old in text
    draft.path.write_text(text.replace(old, new))


def remarks(draft: Draft) -> str:
    return "".join(line for line in draft.path.read_text().splitlines(keepends=True) if line.startswith("#"))


def test_untouched_it_wants_nothing(draft: Draft) -> None:
    assert not draft.has_changes
    assert draft.read() is None
    # A comment is no change.
    draft.path.write_text("# a thought\n" + draft.path.read_text())
    assert not draft.has_changes


def test_only_its_owner_reads_the_file(draft: Draft) -> None:
    assert draft.path.stat().st_mode & 0o077 == 0
    assert draft.path.name.startswith("corvo-n1-a-")


def test_what_may_be_edited_is_wanted_and_the_rest_stays(draft: Draft) -> None:
    edit(draft, "log-level: Warn", "log-level: Debug")
    edit(draft, "team: net", "team: db")
    assert draft.has_changes
    wanted = draft.read()
    assert wanted is not None
    assert (wanted.spec.log_level, wanted.meta.labels) == ("Debug", {"team": "db"})
    assert wanted.raw == MODULE.raw


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("name: n1-a", "name: n1-b", "meta.name"),
        ("mod-time: ''", "mod-time: 2026-01-01T00:00:00Z", "meta.mod-time"),
        ("status: {}", "status: {node: n9}", "status"),
    ],
)
def test_what_may_not_be_edited_is_refused_by_its_name(draft: Draft, old: str, new: str, what: str) -> None:
    edit(draft, old, new)
    with pytest.raises(InvalidArgument, match=f"{what}.*cannot be edited"):
        draft.read()


@pytest.mark.parametrize("text", ["spec: [", "just text", "- a", "", "spec: {log-level: 7}", "spec: {404: x}"])
def test_what_is_no_module_is_refused(draft: Draft, text: str) -> None:
    draft.path.write_text(text)
    with pytest.raises(InvalidArgument):
        draft.read()


def test_bytes_that_are_no_text_are_refused(draft: Draft) -> None:
    draft.path.write_bytes(b"spec: \xff\xfe\n")
    with pytest.raises(InvalidArgument, match="UTF-8"):
        draft.read()
    assert draft.has_changes


def test_a_complaint_stands_above_what_was_typed_and_is_no_change_of_it(draft: Draft) -> None:
    edit(draft, "log-level: Warn", "log-level: Loud")
    draft.complain("spec.log-level: not a level\nvalid: Debug")
    assert "# Not stored: spec.log-level: not a level\n# valid: Debug\n" in remarks(draft)
    assert "log-level: Loud" in draft.path.read_text()
    draft.complain("still not")
    assert "not a level" not in remarks(draft)


def test_a_newer_module_leaves_what_was_typed_and_tells_what_differs(draft: Draft) -> None:
    edit(draft, "team: net", "team: db")
    draft.rebase(NEWER)
    shown = remarks(draft)
    assert "spec.log-level: Error -> Warn" in shown
    assert "meta.labels.team: net -> db" in shown
    wanted = draft.read()
    assert wanted is not None
    assert (wanted.spec.log_level, wanted.meta.labels) == ("Warn", {"team": "db"})


def test_an_earlier_draft_goes_on_where_it_was(draft: Draft, folder: Path) -> None:
    edit(draft, "log-level: Warn", "log-level: Debug")
    again = Draft(NEWER, draft.path.read_text())
    assert again.has_changes
    assert "spec.log-level: Error -> Debug" in remarks(again)
    again.discard()
    broken = Draft(NEWER, "spec: [")
    assert "Not stored: YAML" in remarks(broken)
    broken.discard()


def test_a_file_that_was_deleted_holds_nothing(draft: Draft) -> None:
    draft.path.unlink()
    assert not draft.has_changes
    draft.discard()


def test_differences_name_what_came_and_went() -> None:
    other = MODULE.with_meta(labels={}).with_spec(enable_trace=True)
    assert sorted(difference_lines(MODULE, other)) == [
        "meta.labels.team: net -> nothing",
        "spec.enable-trace: nothing -> True",
    ]
    assert difference_lines(MODULE, MODULE.with_status(node="n9")) == []
