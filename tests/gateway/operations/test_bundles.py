"""The folder that a bundle is made in; bundles as a whole are tested through REST."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import tempfile
from pathlib import Path

import pytest

from corvo_agent.gateway.operations.bundles import _new_folder

from ...profiles.spawn import until


async def test_a_bundle_that_is_cancelled_at_its_beginning_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for turns in range(20):
        making = asyncio.create_task(_new_folder())
        for _ in range(turns):
            await asyncio.sleep(0)
        making.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            (await making).cleanup()
    await until(lambda: not any(tmp_path.iterdir()))
    # A folder that only the collector removes is one that was forgotten: it warns, and warnings are errors here.
    gc.collect()
