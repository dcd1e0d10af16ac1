"""A program leaves requests out of etcd3-py; a later use of requests in it, and any host, notice nothing."""

from __future__ import annotations

import subprocess
import sys

LEAVE_OUT = "from corvo_agent.modules.etcd.without_requests import leave_out_requests; leave_out_requests()\n"
IMPORT = "import sys, corvo_agent.modules.etcd.store, etcd3.client, etcd3.stateful.watch\n"
AS_EVER = """
import requests
assert etcd3.client.requests.Session is requests.Session and requests.Session().adapters
assert etcd3.stateful.watch.ConnectionError is requests.ConnectionError
"""


def run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_does_not_import_requests_and_can_use_it_afterwards_as_ever() -> None:
    run(
        LEAVE_OUT
        + LEAVE_OUT
        + IMPORT
        + """if True:
        assert not {"requests", "urllib3", "charset_normalizer", "requests.exceptions"} & sys.modules.keys()
        assert etcd3.__spec__.loader is etcd3.__loader__ and etcd3.__loader__.get_source("etcd3")
        blocking = etcd3.client.requests
        assert issubclass(blocking.RequestException, OSError), "what the blocking client uses comes when it is used"
        import requests, requests.exceptions
        assert requests is sys.modules["requests"] is not blocking and blocking.Session is requests.Session
        assert requests.exceptions.ChunkedEncodingError.__mro__[1] is requests.RequestException
        """
    )


def test_in_a_program_that_has_requests_already_etcd3_uses_it() -> None:
    run("import requests\n" + LEAVE_OUT + IMPORT + AS_EVER)


def test_a_host_gets_etcd3_as_it_is() -> None:
    none_left = "assert not any(type(each).__module__.startswith('corvo') for each in sys.meta_path)\n"
    run(IMPORT + "assert 'requests' in sys.modules\n" + AS_EVER + LEAVE_OUT + none_left + AS_EVER)
