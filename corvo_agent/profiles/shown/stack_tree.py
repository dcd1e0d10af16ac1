"""The threads and tasks of a ``goroutine`` profile as people read them: who waits for whom, equal ones together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..pprof.model import Profile, Sample, Stack
from ..stacks.own import own_stacks, shown_comments
from .amounts import quantity
from .frames import frame_lines, frames_json
from .names import names_text, natural

_THREAD, _TASK, _ROUTINE = "thread", "task", "goroutine"
_RING, _WAITS = "deadlock: ", " waits for "
# Names of a chain, which may be as long as there are tasks.
_CHAIN = 100


@dataclass(slots=True)
class Node:
    """Threads or tasks that stand at the same place, and the tasks that they wait for.

    ``kind`` is thread, task or goroutine (of a Go process, which has no names). ``age_ns`` is that of the oldest;
    ``is_least``: it is older than that. ``awaited`` are names, ``waits_for`` these and the object that is waited for.
    ``process`` is its number where several were looked at, else 0.
    """

    kind: str
    names: list[str]
    count: int
    state: str
    waits_for: tuple[str, ...]
    thread: str
    created: str
    stack: Stack
    age_ns: int = 0
    is_least: bool = False
    process: int = 0
    awaits: list[Node] = field(default_factory=list)

    @property
    def place(self) -> tuple[object, ...]:
        """What nodes have in common that are shown as one."""
        return self.kind, self.state, self.process, self.thread, self.waits_for, self.created, self.stack

    def add(self, other: Node) -> None:
        """Take in another one at the same place."""
        self.names += other.names
        self.count += other.count
        if other.age_ns > self.age_ns:
            self.age_ns, self.is_least = other.age_ns, other.is_least


@dataclass(frozen=True, slots=True)
class StackTree:
    """What to show. ``warnings`` are deadlocks and loops that are stuck, ``own`` the threads and tasks left out."""

    warnings: tuple[str, ...]
    comments: tuple[str, ...]
    threads: tuple[Node, ...]
    tasks: tuple[Node, ...]
    own: int


def stack_tree(profile: Profile, *, everything: bool = False) -> StackTree:
    """Sort a ``goroutine`` profile; the agent's own threads and tasks only with ``everything``."""
    nodes = [_node(sample) for sample in profile.samples]
    is_own = own_stacks(profile)
    shown = nodes if everything else [node for node in nodes if not is_own(node.stack)]
    threads = [node for node in shown if node.kind != _TASK]
    warnings = [each for each in profile.comments if each.startswith((_RING, "the event loop did not answer"))]
    ringed = {name for text in warnings if text.startswith(_RING) for name in text[len(_RING) :].split(_WAITS)}
    tasks = [node for node in shown if node.kind == _TASK]
    return StackTree(
        # What will never go on comes before what is late.
        tuple(sorted(warnings, key=lambda text: not text.startswith(_RING))),
        tuple(each for each in shown_comments(profile) if each not in warnings),
        tuple(_folded(threads)),
        tuple(sorted(_folded(_rooted(tasks)), key=lambda node: node.names[0] not in ringed)),
        sum(node.count for node in nodes) - sum(node.count for node in shown),
    )


def _node(sample: Sample) -> Node:
    labels = {label.key: label.value for label in sample.labels}
    waits_for = tuple(str(label.value) for label in sample.labels if label.key == "waits_for")
    kind = _TASK if _TASK in labels else _THREAD if _THREAD in labels else _ROUTINE
    name = str(labels.get(kind, ""))
    is_least = "age" not in labels
    age, process = labels.get("age", labels.get("age_at_least", 0)), labels.get("process", 0)
    return Node(
        kind,
        [name] if name else [],
        sample.values[0],
        str(labels.get("state", "")),
        waits_for,
        str(labels.get(_THREAD, "")) if kind == _TASK else "",
        str(labels.get("created", "")),
        sample.stack,
        age if isinstance(age, int) else 0,
        is_least,
        process if isinstance(process, int) else 0,
    )


def _rooted(tasks: Sequence[Node]) -> list[Node]:
    """The tasks that no other one waits for, each with those that it waits for below it.

    The profile tells names only: a name that several tasks bear leads to none of them. Of a ring, which nobody outside
    waits for, the first one is a root.
    """
    many = Counter(node.names[0] for node in tasks)
    by_name = {node.names[0]: node for node in tasks if many[node.names[0]] == 1}
    awaited = {name for node in tasks for name in node.waits_for if name in by_name and by_name[name] is not node}
    placed: set[int] = set()
    roots: list[Node] = []
    free = [node for node in tasks if node.names[0] not in awaited]
    for node in (*free, *tasks):
        if id(node) not in placed:
            roots.append(node)
            _hang(node, by_name, placed)
    return roots


def _hang(root: Node, by_name: dict[str, Node], placed: set[int]) -> None:
    # One after the other, not one within the other: a chain may be as long as there are tasks.
    placed.add(id(root))
    waiting = [root]
    while waiting:
        node = waiting.pop()
        for name in node.waits_for:
            other = by_name.get(name)
            if other is not None and id(other) not in placed:
                placed.add(id(other))
                node.awaits.append(other)
                waiting.append(other)


def _folded(nodes: Iterable[Node]) -> list[Node]:
    """Nodes at the same place as one; those with tasks below them stay by themselves, their tasks are folded."""
    found: dict[object, Node] = {}
    stack: list[Node] = []
    for node in nodes:
        key: object = id(node) if node.awaits else node.place
        if key in found:
            found[key].add(node)
        else:
            found[key] = node
            stack.append(node)
    for node in stack:
        if node.awaits:
            node.awaits = _folded(node.awaits)
    for node in stack:
        node.names.sort(key=natural)
    return sorted(stack, key=lambda node: (-node.count, [natural(name) for name in node.names[:1]]))


def tree_lines(tree: StackTree, frames: int) -> Iterator[str]:
    """The tree as text; of each stack at most ``frames``, the innermost ones."""
    yield from tree.warnings
    for what, nodes in (("threads", tree.threads), ("tasks", tree.tasks)):
        if nodes:
            yield f"{sum(map(_size, nodes))} {what}"
            for node in nodes:
                yield from _node_lines(node, frames, "  ")


def _size(node: Node) -> int:
    return node.count + sum(map(_size, node.awaits))


def _node_lines(node: Node, frames: int, indent: str, mark: str = "") -> Iterator[str]:
    yield indent + mark + "  ".join(part for part in (_heading(node), *_facts(node)) if part)
    indent += " " * len(mark)
    yield from frame_lines(node.stack, frames, f"{indent}    ")
    for each in node.awaits:
        yield from _node_lines(each, frames, f"{indent}  ", "> ")


def _heading(node: Node) -> str:
    names = names_text(list(dict.fromkeys(node.names)))
    return f"{node.count} x {names or node.kind}" if node.count > 1 else names or node.kind


def _facts(node: Node) -> Iterator[str]:
    yield f"[{node.state}]" if node.state else ""
    yield f"process {node.process}" if node.process else ""
    if node.waits_for:
        yield f"for {', '.join(node.waits_for)}"
    if node.age_ns:
        yield f"{'over ' if node.is_least else ''}{quantity(node.age_ns, 'nanoseconds')}"
    if node.created:
        yield f"created by {node.created}"


def tree_json(tree: StackTree) -> dict[str, Any]:
    """The tree for programs."""
    return {
        "warnings": tree.warnings,
        "comments": tree.comments,
        "threads": [_node_json(node) for node in tree.threads],
        "tasks": [_node_json(node) for node in tree.tasks],
        "own": tree.own,
    }


def flat_json(tree: StackTree) -> dict[str, Any]:
    """The same for a page: one list of threads, one of tasks, those that are waited for behind who waits for them.

    ``age`` is in seconds, null where it is not known; ``chain`` are the names of what a task waits for, one behind the
    other, of several those that are first.
    """
    return {
        "deadlocks": tree.warnings,
        "comments": tree.comments,
        "threads": [_flat(node) for root in tree.threads for node in _each(root)],
        "tasks": [_flat(node) for root in tree.tasks for node in _each(root)],
        "own": tree.own,
    }


def _each(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.awaits)


def _flat(node: Node) -> dict[str, Any]:
    chain: list[str] = []
    last = node
    while last.awaits and len(chain) < _CHAIN:
        last = last.awaits[0]
        chain.append(_heading(last))
    found = _node_json(node)
    return {
        "name": node.names[0] if node.names else "",
        **{key: found[key] for key in ("names", "kind", "count", "state", "waits-for", "created")},
        "thread": node.thread,
        "age": node.age_ns / 1e9 if node.age_ns else None,
        "age-is-least": node.is_least,
        "chain": chain,
        "frames": found["stack"],
    }


def _node_json(node: Node) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "names": node.names,
        "count": node.count,
        "state": node.state,
        **({"process": node.process} if node.process else {}),
        "waits-for": list(node.waits_for),
        "age-ns": node.age_ns,
        "age-is-least": node.is_least,
        "created": node.created,
        "stack": frames_json(node.stack),
        "awaits": [_node_json(each) for each in node.awaits],
    }
