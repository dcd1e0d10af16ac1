"""``corvo modules edit``: with editors that are programs, so that what they type is known."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import sys
import tempfile
from pathlib import Path

import pytest
import pytest_asyncio

from corvo_agent.modules.model import Module, ModuleSpec, ModuleStatus, ObjectMeta
from corvo_agent.modules.store import ModuleStore
from tests.cli.place import Place

NAME = "node1-pen-npm"


@pytest_asyncio.fixture(autouse=True)
async def module(modules: ModuleStore, place: Place) -> Module:
    status = ModuleStatus("node1", "pen-npm", "Venice", last_start=10**18)
    wanted = Module(ObjectMeta(name=NAME, labels={"rack": "r1"}), ModuleSpec(log_level="Warn"), status)
    wanted = Module(wanted.meta, wanted.spec, wanted.status, raw={"spec": {"x-note": "keep me"}})
    created = await modules.create(wanted)
    await place.knows(created.revision)
    return created


@pytest.fixture(autouse=True)
def drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where drafts are."""
    folder = tmp_path / "drafts"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("VISUAL", raising=False)
    return folder


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program that ``$EDITOR`` names; write Python into it, for which ``text`` is what there is to edit."""
    program = tmp_path / "editor.py"
    monkeypatch.setenv("EDITOR", f"{shlex.quote(sys.executable)} {shlex.quote(str(program))}")
    return program


def kept_in(drafts: Path) -> list[Path]:
    """The drafts that are there."""
    return list(drafts.iterdir())


def types(editor: Path, code: str) -> None:
    """Let the editor run ``code``."""
    editor.write_text(
        "import sys, pathlib\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n"
        f"{code}\nfile.write_text(text)\n"
    )


async def test_what_is_saved_is_stored(place: Place, editor: Path, modules: ModuleStore, drafts: Path) -> None:
    types(editor, 'text = text.replace("Warn", "Debug").replace("rack: r1", "rack: r2")')
    outcome = await place.corvo("modules", "edit", NAME)
    stored = await modules.get(NAME)
    assert (outcome.code, outcome.err) == (0, f"{NAME} is stored at resource version {stored.revision}\n")
    assert (stored.spec.log_level, stored.meta.labels, stored.meta.generation_id) == ("Debug", {"rack": "r2"}, "2")
    assert stored.raw["spec"] == {"x-note": "keep me"}
    assert kept_in(drafts) == []


async def test_nothing_changed_is_nothing_stored(
    place: Place, editor: Path, modules: ModuleStore, module: Module, drafts: Path
) -> None:
    types(editor, 'text += "# just looking"')
    outcome = await place.corvo("modules", "edit", NAME)
    assert (outcome.code, outcome.err) == (0, f"nothing changed in {NAME}\n")
    assert await modules.get(NAME) == module
    assert kept_in(drafts) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('text = text.replace("Warn", "Loud")', "spec.log-level: unknown level, got 'Loud'"),
        ('text = text.replace("node: node1", "node: node2")', "status: cannot be edited"),
        ('text = text.replace("spec:", "spec: [")', "YAML line"),
        ('text = "[]"', "the draft: must be an object"),
        ('text = text.replace("name: node1", "name: node2")', "meta.name: cannot be edited"),
    ],
)
async def test_a_mistake_is_told_and_what_was_typed_is_kept(
    place: Place, editor: Path, modules: ModuleStore, module: Module, drafts: Path, code: str, words: str
) -> None:
    types(editor, code)
    outcome = await place.corvo("modules", "edit", NAME)
    assert outcome.code == 2
    assert f"not stored: {words}" in outcome.err
    assert await modules.get(NAME) == module
    (kept,) = kept_in(drafts)
    assert f"corvo modules edit {NAME} --from {kept}" in outcome.err
    assert f"# Not stored: {words}" in kept.read_text()


async def test_a_draft_that_was_kept_is_taken_up_again(place: Place, editor: Path, modules: ModuleStore) -> None:
    types(editor, 'text = text.replace("Warn", "Loud")')
    kept = re.findall(r"--from (\S+)", (await place.corvo("modules", "edit", NAME)).err)[0]
    types(editor, 'assert "Loud" in text\ntext = text.replace("Loud", "Error")')
    assert (await place.corvo("modules", "edit", NAME, "--from", kept)).code == 0
    assert (await modules.get(NAME)).spec.log_level == "Error"


async def test_somebody_faster_is_told_and_nothing_of_theirs_is_lost_unseen(
    place: Place, editor: Path, modules: ModuleStore
) -> None:
    option, url = place.options
    label = f"{sys.executable} -m corvo_agent modules label {NAME} by=other {option} {url}"
    types(editor, f'import os\nos.system("{label} >/dev/null")\ntext = text.replace("Warn", "Debug")')
    outcome = await place.corvo("modules", "edit", NAME)
    assert outcome.code == 1
    assert "was changed by another client" in outcome.err
    assert "meta.labels.by: nothing -> other" in outcome.err
    theirs = await modules.get(NAME)
    assert (theirs.spec.log_level, theirs.meta.labels["by"]) == ("Warn", "other")
    kept = re.findall(r"--from (\S+)", outcome.err)[0]
    # Whoever goes on sees what is different, and decides.
    types(
        editor, 'assert "# spec.log-level: Warn -> Debug" in text, text\nassert "# meta.labels.by: other" in text, text'
    )
    assert (await place.corvo("modules", "edit", NAME, "--from", kept)).code == 0
    assert (await modules.get(NAME)).spec.log_level == "Debug"


async def test_what_an_agent_reports_meanwhile_is_no_conflict(
    place: Place, editor: Path, modules: ModuleStore, module: Module, tmp_path: Path
) -> None:
    opened, saved = tmp_path / "opened", tmp_path / "saved"
    os.mkfifo(opened)
    os.mkfifo(saved)
    types(editor, f'open("{opened}", "w").close()\nopen("{saved}").close()\ntext = text.replace("Warn", "Debug")')
    work = asyncio.create_task(place.corvo("modules", "edit", NAME))
    # A fifo is opened when both ends are there.
    await asyncio.to_thread(lambda: opened.open().close())
    await modules.modify(NAME, lambda current: current.with_status(restart_count=7))
    await asyncio.to_thread(lambda: saved.open("w").close())
    assert (await work).code == 0
    stored = await modules.get(NAME)
    assert (stored.spec.log_level, stored.status.restart_count) == ("Debug", 7)


async def test_an_editor_that_fails_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, modules: ModuleStore, module: Module, drafts: Path
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    outcome = await place.corvo("modules", "edit", NAME)
    assert (outcome.code, "Editing failed" in outcome.err) == (1, True)
    assert await modules.get(NAME) == module
    assert kept_in(drafts) == []


async def test_an_unknown_module_opens_no_editor(place: Place) -> None:
    assert (await place.corvo("modules", "edit", "nobody")).code == 3
