"""What the source distribution holds besides the package: all that its own tests need."""

from __future__ import annotations

from setuptools.command.sdist import sdist

FOLDERS = ("corvo_agent", "tests", "protos", "benchmarks", ".ci")
FILES = ("tox.ini", ".ruff.toml", ".gitignore")
# What running leaves in those folders.
LEFT = ("*.py[cod]", "*~", ".coverage*")


class SourceDistribution(sdist):
    """As setuptools makes it, without a MANIFEST.in: this is the one list."""

    def make_distribution(self) -> None:
        """Add the folders and files, then write the archive."""
        for folder in FOLDERS:
            self.filelist.graft(folder)
        for file in FILES:
            self.filelist.include(file)
        for pattern in LEFT:
            self.filelist.global_exclude(pattern)
        self.filelist.sort()
        self.filelist.remove_duplicates()
        super().make_distribution()
