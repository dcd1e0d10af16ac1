"""A page of Markdown drawn on a terminal, whatever its width.

Code is not folded: what is copied from it has to work. Tables that do not fit become records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_STYLES = {"strong": "bold", "em": "italic"}
_CODE = "cyan"
_HEADING = "bold magenta"
# Longer lines of prose are hard to read.
_MOST_COLUMNS = 100
# A column that is narrower shows a word a line.
_LEAST_COLUMN = 12


def draw(root: SyntaxTreeNode, console: Console) -> None:
    """Print the page."""
    width = min(console.width, _MOST_COLUMNS)
    for place, block in enumerate(root.children):
        if place and not (block.type == "heading" and block.tag == "h1"):
            console.print()
        _draw_block(block, console, width, 0)


def _draw_block(block: SyntaxTreeNode, console: Console, width: int, indent: int) -> None:
    if block.type == "heading":
        console.print(Text(_plain(block), _HEADING), width=width)
    elif block.type in ("fence", "code_block"):
        code = block.content.rstrip("\n").split("\n")
        console.print(*(Text(" " * (indent + 4) + line, _CODE) for line in code), sep="\n", soft_wrap=True)
    elif block.type in ("bullet_list", "ordered_list"):
        _draw_list(block, console, width, indent)
    elif block.type == "table":
        _draw_table(block, console, width, indent)
    elif block.type == "hr":
        console.print(" " * indent + "─" * (width - indent))
    elif block.children and block.children[0].type == "inline":
        console.print(Padding(_text(block), (0, 0, 0, indent)), width=width)
    else:
        for child in block.children:
            _draw_block(child, console, width, indent + 2)


def _draw_list(block: SyntaxTreeNode, console: Console, width: int, indent: int) -> None:
    start = int(block.attrs.get("start", 1))
    for number, item in enumerate(block.children, start):
        mark = "•" if block.type == "bullet_list" else f"{number}."
        first, *more = item.children
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_column(no_wrap=True)
        line.add_column(overflow="fold")
        line.add_row(mark, _text(first))
        console.print(Padding(line, (0, 0, 0, indent)), width=width)
        for child in more:
            _draw_block(child, console, width, indent + len(mark) + 1)


def _draw_table(block: SyntaxTreeNode, console: Console, width: int, indent: int) -> None:
    rows = [[_text(cell) for cell in row.children] for part in block.children for row in part.children]
    headers, *body = rows
    longest = [max(map(_longest_word, column)) for column in zip(*rows, strict=True)]
    if sum(longest) + 3 * len(longest) <= width - indent and longest[-1] <= width:
        named = any(header.plain for header in headers)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, show_header=named)
        for header, least in zip(headers, longest, strict=True):
            table.add_column(header, overflow="fold", min_width=min(least, width))
        for row in body:
            table.add_row(*row)
        console.print(Padding(table, (0, 0, 0, indent)), width=width)
    else:
        _draw_records(headers, body, console, width, indent)


def _draw_records(
    headers: Sequence[Text], rows: Sequence[Sequence[Text]], console: Console, width: int, indent: int
) -> None:
    for first, *others in rows:
        first.stylize("bold")
        console.print(Padding(first, (0, 0, 0, indent)), width=width)
        for header, cell in zip(headers[1:], others, strict=True):
            if not cell.plain:
                continue
            # In two columns the second one needs no name.
            named = Text.assemble((f"{header.plain}: ", "dim"), cell) if len(others) > 1 and header.plain else cell
            console.print(Padding(named, (0, 0, 0, indent + 4)), width=width)


def _longest_word(cell: Text) -> int:
    return max(min(_LEAST_COLUMN, cell_len(cell.plain)), *(cell_len(word) for word in cell.plain.split() or [""]))


def _plain(block: SyntaxTreeNode) -> str:
    return _text(block).plain


def _text(block: SyntaxTreeNode) -> Text:
    text = Text()
    for piece, style in _pieces(block, ""):
        text.append(piece, style)
    return text


def _pieces(node: SyntaxTreeNode, style: str) -> Iterator[tuple[str, str]]:
    """The text of an inline node in parts, each with its style; behind a link stands where it leads."""
    for child in node.children:
        if child.type == "text":
            yield child.content, style
        elif child.type == "code_inline":
            yield child.content, f"{style} {_CODE}".strip()
        elif child.type in ("softbreak", "hardbreak"):
            yield " " if child.type == "softbreak" else "\n", style
        elif child.type == "link":
            yield from _pieces(child, style)
            yield f" ({child.attrs['href']})", "dim"
        else:
            yield from _pieces(child, f"{style} {_STYLES.get(child.type, '')}".strip())
