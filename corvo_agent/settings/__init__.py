"""Settings of programs: each one declared once, and read from the command line, the environment and a TOML file.

A program's settings are the fields of frozen dataclasses, declared with ``setting``; ``Program`` puts together those of
one program, and ``Program.gather`` reads their values. The options of the command line, the ``CORVO_`` variables, the
keys of the file, the checks and the tables of the reference are all made from these declarations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._lazy import lazy_names

if TYPE_CHECKING:
    from .etcd import EtcdSettings, etcd_options
    from .own_log import OwnLogSettings
    from .program import Gathered, Program, Source
    from .secret_file import read_secret
    from .setting import Setting, settings_of
    from .toml_file import read_toml
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "etcd": ("EtcdSettings", "etcd_options"),
            "own_log": ("OwnLogSettings",),
            "program": ("Gathered", "Program", "Source"),
            "secret_file": ("read_secret",),
            "setting": ("Setting", "settings_of"),
            "toml_file": ("read_toml",),
        },
    )

__all__ = (
    "EtcdSettings",
    "Gathered",
    "OwnLogSettings",
    "Program",
    "Setting",
    "Source",
    "etcd_options",
    "read_secret",
    "read_toml",
    "settings_of",
)
