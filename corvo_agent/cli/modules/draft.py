"""A Module as text in a file while a person edits it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...errors import CorvoError, InvalidArgument
from ...modules.json.codec import INVALID, module_from_dict, module_to_dict
from ...modules.json.merge_patch import difference
from ...modules.model import Module
from ..show.yaml_format import read_yaml, write_yaml

_HEAD = """\
# {name}: edit spec and meta.labels, save, and leave the editor. The rest is only shown.
# Nothing is stored when nothing is changed. Lines that begin with # are left out.
"""
_NEWER = "The module is no longer what this draft was made of; now and here:"
_KNOWING = "Saving stores what stands here."


class Draft:
    """The file of a draft of ``original``; it begins with ``text``, an earlier draft, or with the Module itself."""

    def __init__(self, original: Module, text: str | None = None) -> None:
        self.original = original
        handle, path = tempfile.mkstemp(prefix=f"corvo-{original.name}-", suffix=".yaml")
        os.close(handle)
        self.path = Path(path)
        self._shown = write_yaml(module_to_dict(original))
        self._write((), self._shown if text is None else text)
        if text is not None:
            self._remark_newer()

    @property
    def has_changes(self) -> bool:
        """Whether the file holds anything that the person has typed."""
        return self.path.exists() and self._text() != self._shown

    def read(self) -> Module | None:
        """The Module that the person wants, None when spec and labels are what they are already.

        Raises InvalidArgument for text that is no YAML or no Module, and for changes of what cannot be edited.
        """
        edited = self._parse()
        changes = difference(_editable(self.original), _editable(edited))
        # What belongs to an older version is not what the person has changed.
        if edited.meta.resource_version == self.original.meta.resource_version:
            _check(changes)
        wanted = changes.keys() & {"spec"} or changes.get("meta", {}).keys() & {"labels"}
        return edited if wanted else None

    def rebase(self, newest: Module) -> None:
        """From now on it is a draft of ``newest``; what the person typed stays, with the differences above it."""
        self.original = newest
        self._remark_newer()

    def complain(self, reason: str) -> None:
        """Put ``reason`` above what the person typed."""
        self._write([f"Not stored: {reason}"], self._text())

    def discard(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)

    def _remark_newer(self) -> None:
        try:
            draft = self._parse()
        except CorvoError as error:
            self.complain(str(error))
            return
        if draft.meta.resource_version != self.original.meta.resource_version:
            self._write([_NEWER, *difference_lines(self.original, draft), _KNOWING], self._text())

    def _parse(self) -> Module:
        try:
            value = read_yaml(self.path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise InvalidArgument("the draft", None, f"is not UTF-8: {error.reason}") from error
        if not isinstance(value, dict):
            raise InvalidArgument("the draft", None, "must be an object with meta and spec")
        # Why it is invalid is only shown; what is typed has to be right.
        return module_from_dict({key: item for key, item in value.items() if key != INVALID})

    def _text(self) -> str:
        """What stands in the file, without comments."""
        text = self.path.read_bytes().decode(errors="replace")
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))

    def _write(self, remarks: Sequence[str], text: str) -> None:
        head = _HEAD.format(name=self.original.name)
        noted = "".join(f"# {line}\n" for remark in remarks for line in remark.splitlines())
        self.path.write_text(head + noted + text, encoding="utf-8")


def difference_lines(old: Module, new: Module) -> list[str]:
    """What differs in what people may change: ``spec.log-level: Info -> Warn``."""
    before, after = _leaves(_editable(old)), _leaves(_editable(new))
    paths = [path for path in {**before, **after} if path.startswith(("spec.", "meta.labels."))]
    return [
        f"{path}: {before.get(path, 'nothing')} -> {after.get(path, 'nothing')}"
        for path in paths
        if before.get(path) != after.get(path)
    ]


def _editable(module: Module) -> dict[str, Any]:
    return {key: value for key, value in module_to_dict(module).items() if key != INVALID}


def _check(changes: Mapping[str, Any]) -> None:
    meta = changes.get("meta") or {}
    others = [key for key in changes if key not in ("spec", "meta")]
    others += [f"meta.{key}" for key in meta if key != "labels"]
    if others:
        raise InvalidArgument(others[0], None, "cannot be edited: only spec and meta.labels can")


def _leaves(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= _leaves(item, f"{path}.{key}" if path else str(key))
    return found
