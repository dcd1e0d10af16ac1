"""Rebuild corvo_agent/_generated from the .proto files beside this script.

``python protos/generate.py`` writes the package, ``--check`` writes it elsewhere and fails on any difference.
Needs the ``proto`` extra (grpcio-tools and betterproto's compiler); nothing else in the project does.
"""

from __future__ import annotations

import argparse
import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROTOS = Path(__file__).resolve().parent
TARGET = PROTOS.parent / "corvo_agent" / "_generated"
DESCRIPTORS = "descriptors.binpb"
# The same messages and methods as those of v1, under another name.
DESCRIBED_ONLY = "grpc/reflection/v1alpha/"
# betterproto makes a datetime of each google.protobuf.Timestamp, which has no nanoseconds and no year after 9999. The
# one field of that type keeps the message itself.
DATETIME = "    time: datetime = "
TIMESTAMP = '    time: "betterproto_lib_google_protobuf.Timestamp" = '


def generate(target: Path) -> None:
    """Write the betterproto package and the descriptor set that server reflection serves into ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    ours = [name for name in sources if not name.startswith(DESCRIBED_ONLY)]
    _protoc([f"--python_betterproto_out={target}"], ours)
    _keep_nanoseconds(target / "api" / "__init__.py")
    _protoc([f"--descriptor_set_out={target / DESCRIPTORS}", "--include_imports"], sources)


def _keep_nanoseconds(module: Path) -> None:
    text = module.read_text()
    if text.count(DATETIME) != 1:
        raise RuntimeError(f"{module}: the field of type Timestamp is not written as before")
    module.write_text(text.replace(DATETIME, TIMESTAMP))


def _protoc(outputs: list[str], sources: list[str]) -> None:
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{PROTOS}", *outputs, *sources]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def differences(left: Path, right: Path) -> list[str]:
    """Relative paths of the files that differ between two trees or stand in only one of them."""

    def files(top: Path) -> set[str]:
        return {str(p.relative_to(top)) for p in top.rglob("*") if p.is_file() and "__pycache__" not in p.parts}

    either = files(left) | files(right)
    both = files(left) & files(right)
    same = {name for name in both if filecmp.cmp(left / name, right / name, shallow=False)}
    return sorted(either - same)


def main() -> int:
    """Generate or check, as the command line says; the exit code is 1 when the committed package is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare with the committed package, write nothing")
    if not parser.parse_args().check:
        shutil.rmtree(TARGET, ignore_errors=True)
        generate(TARGET)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        stale = differences(Path(folder), TARGET)
    for name in stale:
        message = f"corvo_agent/_generated/{name} is not what protos/ gives: run python protos/generate.py"
        print(message, file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
