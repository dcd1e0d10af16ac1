"""Start lines are found in source, and in nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path

from corvo_agent.profiles.pacing import pace
from corvo_agent.profiles.pprof.model import Frame
from corvo_agent.profiles.sampling import source
from corvo_agent.profiles.sampling.source import Definition, Sources, definitions, start_lines

TEXT = b"""import x

@x.wrap
@x.wrap
def twice():
    pass

class A:
    async def go(self):
        pass

    def twice(self):
        pass
"""


def test_decorators_belong_to_their_function() -> None:
    assert start_lines(TEXT) == {"twice": [3, 12], "go": [9]}


def test_the_last_function_of_that_name_before_the_line_is_meant(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(TEXT)
    sources = Sources()
    assert sources.complete(Frame("a.twice", str(file), 6)).start_line == 3
    assert sources.complete(Frame("a.A.twice", str(file), 13)).start_line == 12
    assert sources.complete(Frame("a.<module>", str(file), 8)).start_line == 1
    assert sources.complete(Frame("a.gone", str(file), 8)).start_line == 0


NESTED = b"""def outer():
    class Inner:
        @wrap
        def get(self):
            def get():
                return 1
            return get()

def get():
    pass
"""


def test_a_bare_name_is_qualified_by_what_it_stands_in(tmp_path: Path) -> None:
    assert definitions(NESTED)["outer"] == [Definition(1, 7, "outer")]
    file = tmp_path / "a.py"
    file.write_bytes(NESTED)
    sources = Sources()
    found = [sources.qualified("get", str(file), line) for line in (6, 7, 10, 99)]
    inner = "outer.<locals>.Inner.get"
    assert found == [f"{inner}.<locals>.get", inner, "get", "get"]
    assert sources.qualified("<module>", str(file), 9) == "<module>"
    assert definitions(b"print 'of Python 2'") == {}
    for module in (pace, source):
        for _, function in inspect.getmembers(module, inspect.isfunction):
            code = inspect.unwrap(function).__code__
            line = code.co_firstlineno + 1
            assert Sources().qualified(code.co_name, code.co_filename, line) == code.co_qualname


def test_it_agrees_with_the_interpreter_on_our_own_code() -> None:
    for module in (pace, source):
        for _, function in inspect.getmembers(module, inspect.isfunction):
            code = inspect.unwrap(function).__code__
            frame = Frame(code.co_qualname, code.co_filename, code.co_firstlineno + 1)
            assert Sources().complete(frame).start_line == code.co_firstlineno


def test_files_are_read_below_the_root_of_the_target(tmp_path: Path) -> None:
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv" / "a.py").write_bytes(TEXT)
    assert Sources(str(tmp_path)).complete(Frame("a.go", "/srv/a.py", 10)).start_line == 9


def test_what_is_no_readable_source_leaves_the_start_unknown(tmp_path: Path) -> None:
    big = tmp_path / "big.py"
    big.write_bytes(b"def f(): pass\n" + b"#" * (4 << 20))
    for filename in (str(big), str(tmp_path / "gone.py"), "relative.py", "/bin/sh", ""):
        assert Sources().complete(Frame("x.f", filename, 1)).start_line == 0
