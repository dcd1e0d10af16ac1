"""Walking a stack and giving it names afterwards."""

from __future__ import annotations

import sys

from corvo_agent.profiles.stacks.naming import FunctionNames
from corvo_agent.profiles.stacks.table import DEEPER, RawStack, StackTable


def deep(table: StackTable, depth: int) -> RawStack:
    return deep(table, depth - 1) if depth else table.walk(sys._getframe())


def test_a_stack_is_leaf_first() -> None:
    table = StackTable()
    stack = table.resolve(deep(table, 2), FunctionNames())
    assert [frame.function.rpartition(".")[2] for frame in stack[:4]] == ["deep"] * 3 + ["test_a_stack_is_leaf_first"]


def test_a_deep_stack_keeps_its_leaf_and_says_that_it_is_cut() -> None:
    table = StackTable(max_depth=5)
    stack = table.resolve(deep(table, 100), FunctionNames())
    assert len(stack) == 6
    assert stack[-1] == DEEPER


def test_no_frame_is_an_empty_stack() -> None:
    assert StackTable().walk(None) == ()
