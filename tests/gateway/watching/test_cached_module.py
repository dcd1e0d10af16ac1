"""One version of a Module and its JSON, which is made once."""

from __future__ import annotations

import json
from dataclasses import replace

from corvo_agent.gateway.watching.cached_module import CachedModule, module_json
from corvo_agent.modules.json.codec import module_to_dict

from ..modules import module


def test_its_json_is_made_once_and_shared() -> None:
    kept = CachedModule(module("n1-a", 9))
    assert kept.json is kept.json
    assert json.loads(kept.json) == module_to_dict(kept.module)
    assert b": " not in kept.json
    assert repr(kept) == "CachedModule('n1-a' at 9)"


def test_integers_of_any_size_in_keys_of_others_are_shown() -> None:
    huge = 2**70
    found = replace(module(), raw={"spec": {"theirs": huge, "text": "é"}})
    shown = json.loads(module_json(found))
    assert shown["spec"]["theirs"] == huge
    assert "é".encode() in module_json(found)
