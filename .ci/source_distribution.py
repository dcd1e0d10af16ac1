"""What the source distribution holds besides the package: all that its own tests need, and a bill of materials.

The bill is CycloneDX 1.6 (ECMA-424) in JSON. The archive brings no other package: its components are what the package
asks for, with the versions that it takes, and what each extra adds. The same source gives the same bytes: no time, no
random number. It is all one file, because setuptools loads it without a package around it.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from setuptools.command.sdist import sdist

FOLDERS = ("corvo_agent", "tests", "protos", "benchmarks", ".ci")
FILES = ("tox.ini", ".ruff.toml", ".gitignore")
#: The bill of materials in the archive.
BILL = "bom.cdx.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
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

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Lay out the files of the archive, and write what the package is made of beside them."""
        super().make_release_tree(base_dir, files)
        own = self.distribution
        bill = bill_of_materials(
            own.get_name(), own.get_version(), own.get_license() or "", own.install_requires, own.extras_require
        )
        Path(base_dir, BILL).write_bytes(bill)


def bill_of_materials(
    name: str, version: str, licence: str, required: Iterable[str], extras: Mapping[str, Iterable[str]]
) -> bytes:
    """The bill of the package ``name``, which asks for ``required`` and, with an extra, for what that one adds."""
    own = f"pkg:pypi/{_normal(name)}@{version}"
    components: dict[str, dict[str, Any]] = {}
    for extra, requirements in (("", required), *sorted(extras.items())):
        for requirement in requirements:
            _add(components, requirement, extra, _normal(name))
    found = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": own,
                "name": name,
                "version": version,
                "licenses": [{"license": {"id": licence}}],
                "purl": own,
            }
        },
        "components": [components[key] for key in sorted(components)],
        "dependencies": [{"ref": own, "dependsOn": sorted(components)}],
    }
    return json.dumps(found, indent=2).encode() + b"\n"


def _add(components: dict[str, dict[str, Any]], requirement: str, extra: str, own: str) -> None:
    match = _NAME.match(requirement)
    if match is None or (name := _normal(match.group())) == own:
        # An extra that is made of others.
        return
    purl = f"pkg:pypi/{name}"
    component = components.setdefault(
        purl, {"type": "library", "bom-ref": purl, "name": name, "purl": purl, "scope": "optional", "properties": []}
    )
    if not extra:
        component["scope"] = "required"
    stated = {"name": "corvo:requirement" + (f":{extra}" if extra else ""), "value": " ".join(requirement.split())}
    if stated not in component["properties"]:
        component["properties"].append(stated)


def _normal(name: str) -> str:
    """As package indexes spell it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
