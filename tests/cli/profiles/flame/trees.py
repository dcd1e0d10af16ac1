"""Measured stacks to draw, made up."""

from __future__ import annotations

import random

from corvo_agent.cli.profiles.hot_functions import Measured
from corvo_agent.profiles.pprof.model import Frame, Stack, ValueType

CPU = ValueType("cpu", "nanoseconds")


def stack(*names: str) -> Stack:
    """Leaf first, as profiles have it."""
    return tuple(map(Frame, names))


def measured(*values: tuple[Stack, int]) -> Measured:
    return Measured(CPU, values)


VALUES = measured(
    (stack("app.heavy", "app.main"), 700), (stack("app.light", "app.main"), 200), (stack("app.main"), 100)
)


def random_values(count: int, seed: int) -> Measured:
    """``count`` stacks of functions in a few modules and files, up to 24 deep."""
    chosen = random.Random(seed)
    modules = ("shop.views", "shop.orders.model", "json.decoder", "main")

    def frame(depth: int) -> Frame:
        module = chosen.choice(modules)
        return Frame(f"{module}.Class{chosen.randrange(3)}.f{depth}", f"/srv/{module}.py", chosen.randrange(9))

    return measured(
        *(
            (tuple(frame(depth) for depth in range(chosen.randrange(1, 24))), chosen.randrange(1, 10**6))
            for _ in range(count)
        )
    )
