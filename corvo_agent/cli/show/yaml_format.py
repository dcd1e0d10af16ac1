"""YAML as people write it and read it. PyYAML is imported by who uses it: the others need not wait for it."""

from __future__ import annotations

import math
import re
from typing import Any

from ...errors import InvalidArgument

_BEYOND_ASCII = re.compile("[^\x00-\x7e]")
_TEXT = "tag:yaml.org,2002:str"
_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_FLOAT = "tag:yaml.org,2002:float"
_MERGE = "tag:yaml.org,2002:merge"
# What JSON has, too: of the other kinds of YAML a Module could not be stored, or only as something else.
_KINDS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str", "seq", "map"))


def write_yaml(value: Any, *, document: bool = False) -> str:
    """``value`` (what JSON can say) as YAML, keys in their order; ``document``: as one of a stream of them.

    What is not printable is escaped, as it is in JSON.
    """
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        """With quotes around what would otherwise be read back as something else, or drive a terminal."""

        def represent_str(self, data: str) -> Any:
            return self.represent_scalar(_TEXT, data, style=None if _is_plain(data) else '"')

    Dumper.add_representer(str, Dumper.represent_str)
    text: str = yaml.dump(value, None, Dumper, sort_keys=False, allow_unicode=True, width=1000, explicit_start=document)
    # A text with such a character stands between quotes, where an escape means the same. PyYAML escapes some of them.
    return _BEYOND_ASCII.sub(lambda found: found[0] if found[0].isprintable() else _escaped(found[0]), text)


def _escaped(char: str) -> str:
    return f"\\u{ord(char):04X}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08X}"


def _is_plain(text: str) -> bool:
    # Of lines that are ended by anything but a newline YAML makes spaces.
    return text.isprintable() or (text.replace("\n", "").isprintable() and not text.isspace())


def read_yaml(text: str) -> Any:
    """What ``text`` holds, which is what JSON can say; a time stays the text that it is.

    Raises InvalidArgument naming line and column, also for keys that are no texts or stand there twice.
    """
    import yaml
    from yaml.constructor import ConstructorError

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Without times, which in a Module are texts, and without what JSON does not have."""

        yaml_constructors = {
            tag: make for tag, make in yaml.SafeLoader.yaml_constructors.items() if tag in (*_KINDS, None)
        }
        yaml_implicit_resolvers = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            known = set()
            for key, _ in node.value:
                if key.tag not in (_TEXT, _MERGE):
                    raise ConstructorError(None, None, "a key must be text: put quotes around it", key.start_mark)
                if key.value in known:
                    raise ConstructorError(None, None, f"the key {key.value} stands there twice", key.start_mark)
                known.add(key.value)
            return super().construct_mapping(node, deep)

        def construct_yaml_float(self, node: Any) -> float:
            value = float(super().construct_yaml_float(node))
            if not math.isfinite(value):
                raise ConstructorError(None, None, f"{node.value} is no number that JSON has", node.start_mark)
            return value

    Loader.add_constructor(_FLOAT, Loader.construct_yaml_float)
    try:
        # A subclass of the safe loader, which makes no objects.
        return yaml.load(text, Loader)  # nosec B506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}"
        raise InvalidArgument(f"YAML {place}".rstrip(), None, error.problem or "cannot be read") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidArgument("YAML", None, str(error) or "is nested too deeply") from error
