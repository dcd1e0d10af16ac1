"""A target is found by its command line, and stays the target until it has ended."""

from __future__ import annotations

import os
import re
import sys

import pytest

from corvo_agent.errors import ConfigError
from corvo_agent.sidecar.target.match import target_of_match
from corvo_agent.sidecar.target.process import process_identity
from tests.profiles.spawn import running

SCRIPT = "import sys; print('ready', flush=True); sys.stdin.read()"


def test_the_one_that_began_first_is_the_target_until_it_ends() -> None:
    mark = f"corvo-match-{os.getpid()}"
    find = target_of_match(rf"python.* {mark}$")
    assert find() is None
    with running(sys.executable, "-c", SCRIPT, mark) as second:
        found = find()
        assert found is not None
        assert found.pid == second.pid
        with running(sys.executable, "-c", SCRIPT, mark) as third:
            assert find() == found
            assert target_of_match(mark)() == found
            second.kill()
            second.wait()
            after = find()
            assert after is not None
            assert after.pid == third.pid
    assert find() is None


def test_what_is_no_regular_expression_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"match: not a regular expression: .*got '\('"):
        target_of_match("(")


def test_whoever_was_told_to_look_for_it_is_not_it() -> None:
    pattern = f"stdin.* corvo-match-{os.getpid()}-b"
    with running(sys.executable, "-c", SCRIPT, "--match", pattern) as shell:
        assert target_of_match(rf"match {re.escape(pattern)}$")() == process_identity(shell.pid)
        with running(sys.executable, "-c", SCRIPT, f"--match={pattern}"):
            find = target_of_match(pattern)
            assert find() is None
            with running(sys.executable, "-c", SCRIPT, pattern.split()[1]) as wanted:
                assert find() == process_identity(wanted.pid)


def test_what_runs_python_goes_before_an_older_process_that_only_names_it(caplog: pytest.LogCaptureFixture) -> None:
    mark = f"corvo-match-{os.getpid()}-c"
    with running("sh", "-c", "echo ready; cat", mark) as tail:
        find = target_of_match(mark)
        found = find()
        assert found is not None
        assert found.pid == tail.pid
        assert caplog.messages == []
        with running(sys.executable, "-c", SCRIPT, mark) as program:
            assert target_of_match(mark)() == process_identity(program.pid)
            # The one that was found first stays the target of whoever found it.
            assert find() == found
    (told,) = caplog.messages
    assert told.startswith(f"process {program.pid} is taken; the pattern matches others, too: {tail.pid} (sh -c echo")
