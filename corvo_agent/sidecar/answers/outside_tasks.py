"""The asyncio tasks of a process that is looked at from outside: Python 3.14 can read those of another 3.14.

That is ``_remote_debugging``, what ``python -m asyncio ps`` is made of; it reads memory and runs nothing in the target.
The two have to be of one version. Where ours is another one the target's own interpreter does it, with the rights of
the target's user: its files are that user's, and must get no other rights.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from ...errors import Unsupported, system_reason
from ...profiles.pprof.model import Label, Sample
from ...profiles.sampling.py_spy_output import Names, ThreadDump
from ...profiles.stacks.task_views import MAX_NAMED, MAX_TASKS
from ..processes.python_process import python_version

#: The versions whose tasks can be seen.
VERSION = "3.14"
_SECONDS = 20.0
# A frozen program carries an interpreter and is none: it would begin once more.
_INTERPRETER = re.compile(r"/python3(?:\.\d+)?$")
_SCRIPT = f"""
import json, sys
try:
    from _remote_debugging import RemoteUnwinder
    found = []
    for each in RemoteUnwinder(int(sys.argv[1]), all_threads=True).get_all_awaited_by():
        for task in each.awaited_by:
            frames = [[f.funcname, f.filename, f.lineno or 0] for c in task.coroutine_stack for f in c.call_stack]
            awaited = [c.task_name for c in task.awaited_by if isinstance(c.task_name, int)]
            found.append([each.thread_id, task.task_id, task.task_name, frames, awaited])
    json.dump({{"tasks": found[:{MAX_TASKS}], "more": len(found[{MAX_TASKS}:])}}, sys.stdout)
except Exception as error:
    json.dump({{"error": f"{{type(error).__name__}}: {{error}}"}}, sys.stdout)
"""


async def tasks_from_outside(pid: int, threads: Sequence[ThreadDump]) -> tuple[list[Sample], str]:
    """A sample for each task of process ``pid``, whose ``threads`` are known, and what is to be said of them.

    Of a process whose tasks cannot be seen there are none, and the reason is said. When cancelled, what reads them has
    ended afterwards.
    """
    version = await asyncio.to_thread(python_version, pid)
    if version != VERSION:
        return [], f"tasks are seen from inside the process only, and from outside of Python {VERSION}"
    try:
        answer = await _answer(pid)
    except Unsupported as error:
        return [], f"tasks are not seen: {error.reason}"
    if "error" in answer:
        return [], f"no tasks: {answer['error']}"
    names = Names(root=f"/proc/{pid}/root")
    samples = await asyncio.to_thread(_samples, answer["tasks"], {each.native_id: each.name for each in threads}, names)
    left = f"; {answer['more']} more are left out" if answer["more"] else ""
    return samples, f"{len(samples)} tasks as seen from outside: locks, states and ages are seen from inside only{left}"


async def _answer(pid: int) -> Mapping[str, Any]:
    command, user = _command(pid)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            *("-I", "-c", _SCRIPT, str(pid)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            **user,
        )
    except OSError as error:
        raise Unsupported("tasks", f"{command[0]} cannot be started: {system_reason(error)}") from error
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
        answer = orjson.loads(output)
    except TimeoutError:
        raise Unsupported("tasks", f"reading them took over {_SECONDS:g} s") from None
    except orjson.JSONDecodeError:
        raise Unsupported("tasks", f"{command[-1]} did not say them") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer if isinstance(answer, dict) else {"error": "not the tasks of a process"}


def _command(pid: int) -> tuple[list[str], dict[str, Any]]:
    """An interpreter of the target's version, and as whom to run it. Raises Unsupported."""
    if ".".join(map(str, sys.version_info[:2])) == VERSION:
        return [sys.executable], {}
    try:
        program = os.readlink(f"/proc/{pid}/exe")
        # Another user's interpreter is another user's program.
        owner = os.stat(f"/proc/{pid}")
        same_root = os.path.samefile(f"/proc/{pid}/root", "/")
        root = "" if same_root else os.readlink(f"/proc/{pid}/root").rstrip("/")
    except OSError as error:
        raise Unsupported("tasks", system_reason(error)) from error
    if not _INTERPRETER.search(program):
        raise Unsupported("tasks", f"it needs a Python {VERSION} here, and {program} is no interpreter")
    if same_root:
        rights: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        return [program], rights if os.geteuid() == 0 else {}
    if os.geteuid() != 0:
        raise Unsupported("tasks", f"it needs a Python {VERSION} here: the process's own is in another root")
    return [
        "chroot",
        f"--userspec={owner.st_uid}:{owner.st_gid}",
        "--groups=",
        f"/proc/{pid}/root",
        program.removeprefix(root),
    ], {}


def _samples(tasks: Sequence[Any], threads: Mapping[int, str], names: Names) -> list[Sample]:
    names.learn(frame[1] for task in tasks for frame in task[3])
    called = {number: str(name) for _, number, name, _, _ in tasks}
    waits: defaultdict[int, list[str]] = defaultdict(list)
    for _, number, _, _, awaited_by in tasks:
        for each in awaited_by:
            waits[each].append(called[number])
    samples = []
    for thread, number, _, frames, _ in tasks:
        labels = [Label("thread", threads.get(thread, "")), Label("task", called[number])]
        labels += [Label("waits_for", each) for each in waits[number][:MAX_NAMED]]
        samples.append(Sample(tuple(names.frame(*each) for each in frames), (1,), tuple(labels)))
    return samples
