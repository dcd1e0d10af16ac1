"""What a watch has been told so far, and how that differs from what the store says it holds."""

from __future__ import annotations

from collections.abc import Sequence

from ..kv import CREATED, DELETED, UPDATED, Change, Count, KeyRange, KeyValue, Range


class View:
    """The keys of ``ranges``, which do not overlap, as a watch knows them; it does no I/O.

    ``revision`` is that of the last snapshot or change applied. ``seen`` is the highest revision that the store itself
    has named, ``cluster`` whose revisions these are. ``complete`` is the one up to which nothing can be missing: it was
    compared with what the store holds, and whatever the store has done since was told, one revision after the other.
    """

    def __init__(self, ranges: Sequence[KeyRange]) -> None:
        self.ranges = tuple(ranges)
        # What was applied last of each range: of two that one stream tells, one may be ahead of the other.
        self._positions = [0] * len(self.ranges)
        self.items: dict[str, KeyValue] = {}
        self.revision = 0
        self.seen = 0
        self.complete = 0
        self.cluster = ""

    def starts(self) -> list[tuple[KeyRange, int]]:
        """Each range with the revision that its stream resumes at: the one after the last that was applied."""
        return [(keys, position + 1) for keys, position in zip(self.ranges, self._positions, strict=True)]

    def _position(self, key: str) -> int:
        """Which range ``key`` belongs to."""
        for index, keys in enumerate(self.ranges):
            if keys.holds(key):
                return index
        return 0

    def apply(self, changes: Sequence[Change]) -> list[Change]:
        """Take changes from a stream; those that are news, deletions completed with the item that is gone."""
        news = []
        for change in changes:
            # A stream that was resumed may repeat what the one before it had delivered.
            position = 0 if self.ranges[0].holds(change.key) else self._position(change.key)
            if change.revision < self._positions[position]:
                continue
            if change.revision == self.complete + 1:
                self.complete = change.revision
            known = self.items.get(change.key)
            if change.type is DELETED:
                if known is None:
                    continue
                del self.items[change.key]
                if change.item is None:
                    change = Change(DELETED, change.key, change.revision, known)
            elif change.item is not None:
                if known is not None and known.mod_revision >= change.revision:
                    continue
                self.items[change.key] = change.item
            self._positions[position] = change.revision
            if change.revision > self.revision:
                self.revision = change.revision
            news.append(change)
        if self.revision > self.seen:
            self.seen = self.revision
        return news

    def replace(self, snapshot: Range) -> list[Change]:
        """Take a snapshot; the difference to what was known, in the order of revisions, unchanged keys left out."""
        changes = []
        present = {item.key: item for item in snapshot.items}
        for key, known in self.items.items():
            if key not in present:
                changes.append(Change(DELETED, key, snapshot.revision, known))
        for key, item in present.items():
            before = self.items.get(key)
            if before is None:
                changes.append(Change(CREATED, key, item.mod_revision, item))
            elif not _same_version(before, item) or before.value != item.value:
                changes.append(Change(UPDATED, key, item.mod_revision, item))
        self.items = present
        self.revision = self.seen = self.complete = snapshot.revision
        self._positions = [snapshot.revision] * len(self.ranges)
        self.cluster = snapshot.cluster
        changes.sort(key=lambda change: change.revision)
        return changes

    def belongs_to(self, shown: Range, seen: int) -> bool:
        """Whether ``shown`` is a later state of the same data; ``seen`` as it was before it was asked for.

        A new data directory of the same etcd has the same cluster id, and soon the same revisions. What gives it away
        then is a key that has gone back in time, or that has another value at the same revision (``shown`` may come
        without values, then that cannot be seen).
        """
        if not self.follows(shown, seen):
            return False
        for item in shown.items:
            known = self.items.get(item.key)
            # What the stream told after this state was taken says nothing about it.
            if known is None or known.mod_revision > shown.revision or known.mod_revision < item.mod_revision:
                continue
            if not _same_version(known, item) or (item.value and item.value != known.value):
                return False
        return True

    def lacking(self, shown: Range) -> KeyValue | None:
        """One of the items that ``shown`` should hold as far as is known here, and does not."""
        present = {item.key for item in shown.items}
        missing = (known for key, known in self.items.items() if key not in present)
        return next((known for known in missing if known.mod_revision <= shown.revision), None)

    def follows(self, shown: Range | Count, seen: int) -> bool:
        """Whether ``shown`` may be a later state of the same data, by its cluster and revision."""
        return shown.cluster == self.cluster and shown.revision >= seen

    def proved(self, revision: int) -> None:
        """What the store holds at ``revision`` has been compared, and nothing is missing."""
        self.seen = max(self.seen, revision)
        self.complete = max(self.complete, revision)

    def reaches_count(self, shown: Count) -> bool:
        """Whether there are as many keys here as in the store, or something happened after ``shown``.

        A stream tells in order: what it has told after that moment vouches for what it told before.
        """
        return self.revision > shown.revision or len(self.items) == shown.keys

    def reaches_newest(self, newest: Range) -> bool:
        """Whether what is known here includes ``newest``, which are only those keys that were written lately."""
        known = (self.items.get(item.key) for item in newest.items)
        pairs = zip(newest.items, known, strict=True)
        return self.revision > newest.revision or all(mine and _same_version(item, mine) for item, mine in pairs)

    def reaches(self, shown: Range) -> bool:
        """Whether what is known here is the state that ``shown`` is, or a later one."""
        present = {item.key: item for item in shown.items}
        for key, known in self.items.items():
            if known.mod_revision <= shown.revision:
                item = present.get(key)
                if item is None or not _same_version(item, known):
                    return False
        # A key that is not known here may have been deleted since, but only if something has happened since.
        return all(key in self.items or self._positions[self._position(key)] > shown.revision for key in present)


def _same_version(one: KeyValue, other: KeyValue) -> bool:
    return one.mod_revision == other.mod_revision and one.create_revision == other.create_revision
