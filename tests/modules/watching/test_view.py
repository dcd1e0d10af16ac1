"""What a watch knows, against what the store says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corvo_agent.modules.kv import Change, ChangeType, KeyRange, KeyValue, Range
from corvo_agent.modules.watching.view import View

CREATED, UPDATED, DELETED = ChangeType.CREATED, ChangeType.UPDATED, ChangeType.DELETED


def item(key: str, revision: int, created: int = 0, value: bytes = b"v") -> KeyValue:
    return KeyValue(key, value, created or revision, revision)


def state(revision: int, *items: KeyValue, cluster: str = "c") -> Range:
    return Range(items, revision, cluster)


def put(key: str, revision: int, created: int = 0) -> Change:
    return Change(UPDATED if created else CREATED, key, revision, item(key, revision, created))


def gone(key: str, revision: int, last: KeyValue | None = None) -> Change:
    return Change(DELETED, key, revision, last)


def view_of(*items: KeyValue, revision: int) -> View:
    view = View([KeyRange("/")])
    view.replace(state(revision, *items))
    return view


def test_the_first_snapshot_is_all_news_in_the_order_of_revisions() -> None:
    changes = View([KeyRange("/")]).replace(state(9, item("/a", 7, 3), item("/b", 5)))
    assert [(change.type, change.key, change.revision) for change in changes] == [
        (CREATED, "/b", 5),
        (CREATED, "/a", 7),
    ]


def test_a_later_snapshot_tells_the_difference_and_nothing_else() -> None:
    same, old, lost = item("/same", 2), item("/old", 3), item("/lost", 4)
    view = view_of(same, old, lost, revision=4)
    changes = view.replace(state(9, item("/new", 8), same, item("/old", 7, 3)))
    assert changes == [put("/old", 7, 3), put("/new", 8), gone("/lost", 9, lost)]
    assert view.replace(state(12, item("/new", 8), same, item("/old", 7, 3))) == []
    assert view.revision == 12


def test_what_a_state_lacks_is_what_it_should_hold() -> None:
    old, new = item("/old", 2), item("/new", 7)
    view = view_of(old, new, revision=7)
    assert view.lacking(state(9, old, new)) is None
    assert view.lacking(state(9, new)) == old
    # It is later than that state.
    assert view.lacking(state(5, old)) is None


def test_a_key_of_the_same_revision_but_another_value_is_an_update() -> None:
    view = view_of(item("/a", 2, value=b"1"), revision=2)
    changes = view.replace(state(2, item("/a", 2, value=b"2"), cluster="d"))
    assert [change.type for change in changes] == [UPDATED]
    assert view.cluster == "d"


def test_what_a_stream_repeats_is_no_news() -> None:
    view = view_of(item("/a", 2), revision=2)
    first = [put("/a", 3, 2), put("/b", 3), gone("/a", 4, item("/a", 3, 2))]
    assert view.apply(first) == first
    assert view.apply(first) == []
    assert view.apply([gone("/a", 4)]) == []
    assert view.apply([put("/c", 2)]) == []
    assert view.revision == 4


def test_a_deletion_is_completed_with_the_item_that_is_gone() -> None:
    last = item("/a", 2)
    assert view_of(last, revision=2).apply([gone("/a", 3)]) == [gone("/a", 3, last)]


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        (state(5, item("/a", 2)), True),
        (state(9), True),
        (state(4, item("/a", 2)), False),
        (state(9, item("/a", 2), cluster="d"), False),
        (state(9, item("/a", 2, value=b"other")), False),
        (state(9, item("/a", 1)), False),
        (state(9, item("/a", 2, created=1)), False),
        (state(9, item("/a", 2, value=b"")), True),
        (state(9, item("/a", 8, value=b"other")), True),
    ],
)
def test_other_data_is_recognised(shown: Range, *, same: bool) -> None:
    assert view_of(item("/a", 2), revision=5).belongs_to(shown, seen=5) is same


def test_what_was_told_after_the_state_was_taken_does_not_make_it_other_data() -> None:
    view = view_of(item("/a", 2), revision=5)
    view.apply([put("/a", 7, 2)])
    assert view.belongs_to(state(6, item("/a", 2)), seen=5)


@pytest.mark.parametrize(
    ("shown", "reached"),
    [
        (state(5, item("/a", 2)), True),
        (state(9, item("/a", 2)), True),
        (state(9, item("/a", 8, 2)), False),
        (state(9, item("/a", 2), item("/b", 8)), False),
        (state(9), False),
        (state(5), False),
        # Seen before our last change: /b may have been deleted since.
        (state(4, item("/a", 2), item("/b", 3)), True),
        (state(4), False),
    ],
)
def test_what_is_missing_or_stale_is_recognised(shown: Range, *, reached: bool) -> None:
    assert view_of(item("/a", 2), revision=5).reaches(shown) is reached


@given(st.lists(st.tuples(st.sampled_from(["/a", "/b", "/c"]), st.booleans()), max_size=12), st.data())
@settings(max_examples=100, deadline=None)
def test_every_earlier_state_is_reached_and_no_later_difference_is(
    writes: list[tuple[str, bool]], data: st.DataObject
) -> None:
    items: dict[str, KeyValue] = {}
    states, changes = [state(1)], []
    for revision, (key, delete) in enumerate(writes, start=2):
        known = items.get(key)
        if delete and known:
            changes.append(gone(key, revision, items.pop(key)))
        else:
            changes.append(put(key, revision, known.create_revision if known else 0))
            items[key] = item(key, revision, known.create_revision if known else 0)
        states.append(state(revision, *items.values()))
    seen = data.draw(st.integers(0, len(changes)))
    view = View([KeyRange("/")])
    view.replace(states[0])
    view.apply(changes[:seen])
    for shown in states[: seen + 1]:
        assert view.reaches(shown)
    for shown in states:
        assert view.belongs_to(Range(shown.items, shown.revision, "c"), seen=0)
    for shown in states[seen + 1 :]:
        assert view.reaches(shown) is (set(shown.items) == set(states[seen].items))
    # A snapshot at any moment plus the difference is that moment's state.
    moment = data.draw(st.sampled_from(states))
    view.replace(moment)
    assert set(view.items.values()) == set(moment.items)


def test_of_two_ranges_each_resumes_where_it_stopped() -> None:
    view = View([KeyRange("/m", exact=True), KeyRange("/p/")])
    view.replace(state(4, item("/m", 2)))
    # Of two that one stream tells, one may be ahead: the other still gets what is older.
    assert view.apply([put("/m", 9, 2)]) != []
    assert view.starts() == [(KeyRange("/m", exact=True), 10), (KeyRange("/p/"), 5)]
    assert not view.reaches(state(9, item("/m", 9, 2), item("/p/a", 6)))
    assert view.apply([put("/p/a", 6), put("/p/b", 8)]) != []
    assert view.starts()[1] == (KeyRange("/p/"), 9)
    assert view.reaches(state(9, item("/m", 9, 2), item("/p/a", 6), item("/p/b", 8)))
    assert view.revision == 9
    # What a resumed stream repeats is no news.
    assert view.apply([put("/p/a", 6), put("/m", 9, 2)]) == []
