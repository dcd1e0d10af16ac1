"""What is seen fits the terminal, and does what it is told by nobody but us."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from corvo_agent.cli.live.monitor import Seen
from corvo_agent.cli.live.view import print_seen, render, render_fleet, sparkline
from corvo_agent.cli.profiles.hot_functions import Measured
from corvo_agent.overview.facts import Facts
from corvo_agent.profiles.pprof.model import Frame, ValueType

CPU = ValueType("cpu", "nanoseconds")


def shown(seen: Seen, lines: int = 24) -> str:
    out = io.StringIO()
    console = Console(file=out, width=60, height=lines, force_terminal=True, color_system=None)
    console.print(render(seen, "node1-m", lines))
    return out.getvalue()


def seen(**given: object) -> Seen:
    made = Seen(**given)  # type: ignore[arg-type]
    made.add(Facts(cpu=50.0, cpus=2, memory=1 << 20))
    return made


def test_history_stands_beside_what_it_is_of() -> None:
    made = seen()
    made.add(Facts(cpu=100.0, cpus=2, memory=1 << 20))
    lines = shown(made).splitlines()
    assert lines[2].split() == ["cpu", "100.0%", "of", "2", "processors", "▅█"]
    assert lines[3].split() == ["memory", "1.00MB", "██"]


def test_as_many_functions_as_there_is_room_for() -> None:
    samples = tuple(((Frame(f"pkg.f{number}", f"/srv/pkg/part/{number}.py", 7),), 100 - number) for number in range(50))
    made = seen(hot=Measured(CPU, samples))
    for lines in (12, 16, 24):
        text = shown(made, lines)
        assert len(text.splitlines()) <= lines
        assert "pkg.f0" in text
    assert "pkg.f19" in shown(made, 100)
    assert "pkg.f20" not in shown(made, 100)


def test_functions_that_would_be_nothing_in_percent_are_left_out() -> None:
    samples = (((Frame("pkg.busy"), Frame("pkg.main")), 100_000), ((Frame("pkg.rare"),), 1))
    text = shown(seen(hot=Measured(CPU, samples)))
    assert "pkg.busy" in text
    assert "pkg.main" in text
    assert "pkg.rare" not in text


def test_the_agent_s_own_functions_are_one_line() -> None:
    samples = (((Frame("pkg.busy"),), 60), ((Frame("corvo_agent.agent.run"),), 40))
    made = seen(hot=Measured(CPU, samples, lambda name: name.startswith("corvo_agent.")))
    text = shown(made)
    assert "pkg.busy" in text
    assert "corvo_agent.agent.run" not in text
    assert "40.0% in functions of corvo_agent itself" in text
    assert len(shown(made, 12).splitlines()) <= 12


def test_functions_can_be_sorted_by_what_they_called() -> None:
    samples = (((Frame("pkg.leaf"), Frame("pkg.main")), 60), ((Frame("pkg.main"),), 40))
    made = seen(hot=Measured(CPU, samples))
    out = io.StringIO()
    Console(file=out, width=60, height=30).print(render(made, "m", 30, by_cumulative=True, paused=True))
    text = out.getvalue()
    assert text.index("pkg.main") < text.index("pkg.leaf")
    assert "paused" in text
    plain = shown(made, 30)
    assert plain.index("pkg.leaf") < plain.index("pkg.main")


def test_rows_of_modules_fit_the_terminal() -> None:
    rows = [
        (f"node{number}-m", "1.0", "1MB", "", "", "", "", "", "gone" if number == 3 else "") for number in range(50)
    ]
    out = io.StringIO()
    Console(file=out, width=100, height=20).print(render_fleet(rows, "cpu", 20))
    text = out.getvalue()
    assert len(text.splitlines()) <= 20
    assert "50 modules by cpu" in text
    assert "gone" in text
    assert "and 36 more" in text


@pytest.mark.parametrize(
    ("hot", "unprofiled", "words"),
    [
        (None, "", "functions come with the first profile"),
        (None, "not here", "no functions: not here"),
        (Measured(CPU, ()), "", "no function has used the processor"),
    ],
)
def test_why_there_are_no_functions(hot: Measured | None, unprofiled: str, words: str) -> None:
    assert words in shown(seen(hot=hot, unprofiled=unprofiled))


def test_a_problem_is_told_beside_what_was_known(capsys: pytest.CaptureFixture[str]) -> None:
    made = seen()
    made.problem = "h:1 is unavailable: gone"
    text = shown(made)
    assert "gone" in text
    assert "trying again" in text
    assert "1.00MB" in text
    print_seen(made)
    assert capsys.readouterr().out == "problem\th:1 is unavailable: gone\n"


def test_names_move_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    made = seen(hot=Measured(CPU, (((Frame("\x1b[2Jbad[red]"),), 1),)))
    print_seen(made)
    for text in (shown(made), capsys.readouterr().out):
        assert "\x1b[2J" not in text
        assert "\\x1b[2Jbad[red]" in text


def test_bars_reach_from_nothing_to_the_highest() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([0, 1, 2, 4, 8]) == "▁▂▃▅█"
