"""Whether threads run, where py-spy takes all for running: in Python 3.10 and older, and across pid namespaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .kernel_clocks import KernelClocks, runs
from .pthread_ids import kernel_ids
from .py_spy_output import ThreadDump


def with_kernel_states(pid: int, threads: Sequence[ThreadDump]) -> list[ThreadDump]:
    """``threads`` of the process ``pid`` with the kernel's numbers, and whether they run, where py-spy knew neither.

    Numbers are those of our own pid namespace. Blocks on reading /proc.
    """
    addresses = {each.address for each in threads if not each.native_id}
    use = KernelClocks(pid).use()
    if not addresses and not use.nested:
        return list(threads)
    inner = kernel_ids(pid, addresses, use.inner.keys()) if addresses else {}
    found: list[ThreadDump] = []
    for each in threads:
        tid = use.inner.get(each.native_id or inner.get(each.address, 0), 0)
        running = runs(pid, tid) if tid else None
        active = each.active if running is None else running
        found.append(replace(each, native_id=tid or each.native_id, active=active))
    return found
