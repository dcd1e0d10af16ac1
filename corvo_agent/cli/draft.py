"""A Module as text in a file while a person edits it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from ..errors import InvalidArgument
from ..modules.codec import module_from_dict, module_to_dict
from ..modules.model import Module
from ..rest_client.merge_patch import difference
from .yaml_format import read_yaml, write_yaml

_HEAD = """\
# {name}: edit spec and meta.labels, save, and leave the editor. The rest is shown only.
# Nothing is stored when nothing is changed. Lines that begin with # are left out.
"""


class Draft:
    """The file of a draft of ``original``, which begins with ``text`` or else with the Module itself."""

    def __init__(self, original: Module, text: str | None = None) -> None:
        self.original = original
        handle, path = tempfile.mkstemp(prefix=f"corvo-{original.name}-", suffix=".yaml")
        os.close(handle)
        self.path = Path(path)
        self._shown = write_yaml(module_to_dict(original))
        self._write([], text if text is not None else self._shown)

    @property
    def has_changes(self) -> bool:
        """Whether the file holds anything that is not stored."""
        try:
            return _without_comments(self.path.read_text(encoding="utf-8")) != _without_comments(self._shown)
        except (OSError, UnicodeDecodeError):
            return self.path.exists()

    def read(self) -> Module | None:
        """The Module that the person wants, None when nothing is changed.

        Raises InvalidArgument for text that is no YAML or no Module, and for changes of what cannot be edited.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidArgument("the draft", None, f"is not UTF-8: {error.reason}") from error
        value = read_yaml(text)
        if not isinstance(value, dict):
            raise InvalidArgument("the draft", None, "must be an object with meta and spec")
        edited = module_from_dict(value)
        before = module_to_dict(self.original)
        changes = difference(before, module_to_dict(edited))
        if not changes:
            return None
        _check(changes)
        return edited

    def rebase(self, newest: Module) -> None:
        """From now on it is a draft of ``newest``; what the person typed stays, with the news above it."""
        lines = ["Somebody else has changed it meanwhile:", *difference_lines(self.original, newest)]
        lines.append("Save it again to store what stands below in its place.")
        self.original = newest
        self._shown = write_yaml(module_to_dict(newest))
        value = read_yaml(self.path.read_text(encoding="utf-8"))
        # What nobody can edit follows the newest state.
        fresh = module_to_dict(newest)
        fresh["spec"] = value.get("spec") or {}
        labels = (value.get("meta") or {}).get("labels")
        fresh["meta"] = {key: item for key, item in fresh["meta"].items() if key != "labels"}
        if labels:
            fresh["meta"]["labels"] = labels
        self._write(lines, write_yaml(fresh))

    def complain(self, reason: str) -> None:
        """Put ``reason`` above what the person typed."""
        self._write(
            [f"Not stored: {reason}"], _without_comments(self.path.read_text(encoding="utf-8", errors="replace"))
        )

    def discard(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)

    def _write(self, remarks: list[str], text: str) -> None:
        head = _HEAD.format(name=self.original.name)
        noted = "".join(f"# {line}\n" for remark in remarks for line in remark.splitlines())
        self.path.write_text(head + noted + _without_comments(text), encoding="utf-8")


def difference_lines(old: Module, new: Module) -> list[str]:
    """What differs in what people may change: ``spec.log-level: Info -> Warn``."""
    before, after = _leaves(module_to_dict(old)), _leaves(module_to_dict(new))
    paths = [path for path in {**before, **after} if path.startswith(("spec.", "meta.labels."))]
    return [
        f"{path}: {before.get(path, 'nothing')} -> {after.get(path, 'nothing')}"
        for path in paths
        if before.get(path) != after.get(path)
    ]


def _check(changes: dict[str, Any]) -> None:
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


def _without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
