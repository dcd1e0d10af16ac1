"""The wheel's file beside the package: what brings a stub into Pythons that read no PYTHONPATH."""

from __future__ import annotations

from pathlib import Path

from setuptools.command.build_py import build_py

#: Where it lies in the sources, and what it is called where packages are installed.
SOURCE, NAME = "corvo_agent/launcher/isolated.pth", "corvo_agent.pth"


class Build(build_py):
    """As setuptools does it, and that file. Not where the package is run from its sources (``pip install -e``)."""

    def run(self) -> None:
        """Build the packages, then copy the file."""
        super().run()
        if not self.editable_mode:
            self.copy_file(SOURCE, str(self._target))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """What has been built."""
        more = [] if self.editable_mode else [str(self._target)]
        return [*super().get_outputs(include_bytecode), *more]

    @property
    def _target(self) -> Path:
        return Path(self.build_lib, NAME)
