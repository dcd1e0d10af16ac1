"""The bounds of reading logs, in one frozen value."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Seconds that a line of one log waits for earlier ones of others, where several are followed, unless told otherwise.
DEFAULT_SPAN = 0.3


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What one query may take at most.

    ``default_lines`` are returned when the query does not say, more than ``max_lines`` is refused. A line is cut after
    ``max_line_bytes``, an answer ends early after ``max_answer_bytes`` or ``max_seconds``; of the time that it has, as
    much is kept as what was found takes to be passed on at ``answer_rate`` bytes a second. A line may stand behind one
    that is up to ``slack`` seconds newer and is still found in a window of times. A last line without a newline is
    shown once its file has not grown for ``rest`` seconds.
    """

    default_lines: int = 1000
    max_lines: int = 100_000
    max_line_bytes: int = 1 << 20
    max_answer_bytes: int = 32 << 20
    max_seconds: float = 30.0
    answer_rate: float = math.inf
    slack: float = 5.0
    rest: float = 1.0


DEFAULT_LIMITS = ReadLimits()


@dataclass(frozen=True, slots=True)
class TailLimits:
    """How a log is followed; times in seconds.

    A reader that does not keep up has ``buffer_bytes`` of lines waiting, then the oldest ones are dropped; while no
    reader keeps up the tail waits ``patience`` before it lets any be dropped. A batch has at most ``batch_lines`` and
    is at most ``batch_seconds`` old. Files are looked at every ``poll`` where the system does not tell about changes,
    every ``rest`` where inotify does (``notify``). A file stays open for ``linger`` after it was rotated away. A last
    line without a newline is shown once it has not grown for ``pause``. Joined
    lines wait ``join_seconds`` for more. Patterns are expanded anew every ``rescan``, to at most ``max_logs`` logs,
    and no more than half of the files that the process may open.
    """

    buffer_bytes: int = 8 << 20
    patience: float = 1.0
    batch_lines: int = 500
    batch_seconds: float = 0.01
    poll: float = 0.25
    rest: float = 1.0
    notify: bool = True
    linger: float = 5.0
    pause: float = 1.0
    join_seconds: float = 0.2
    rescan: float = 1.0
    max_logs: int = 10_000


DEFAULT_TAIL_LIMITS = TailLimits()
