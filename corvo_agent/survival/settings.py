"""What a program may take of its machine before it does less."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings.setting import check_settings, not_negative, setting


@dataclass(frozen=True, slots=True)
class SurvivalSettings:
    """Bounds beyond which a program takes no profiles and follows no logs, and then answers Stats only; 0 for none."""

    max_memory: int = setting(
        0,
        "Resident memory from which on profiles and followed logs are refused, then all but Stats.",
        metavar="BYTES",
        check=not_negative,
    )
    max_cpu_percent: int = setting(
        0,
        "The same for its processor time over ten seconds; 100 is one processor.",
        metavar="PERCENT",
        check=not_negative,
    )

    def __post_init__(self) -> None:
        check_settings(self)
