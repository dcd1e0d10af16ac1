"""What a server may send instead of what it should: JSON with etcd's field names and values of any kind."""

from __future__ import annotations

from hypothesis import strategies as st

_NAMES = (
    *("result", "error", "header", "revision", "cluster_id", "created", "canceled", "compact_revision"),
    *("cancel_reason", "fragment", "events", "kv", "prev_kv", "type", "key", "value", "create_revision"),
    *("mod_revision", "lease", "kvs", "prev_kvs", "more", "succeeded", "responses", "response_range"),
    *("response_put", "response_delete_range", "grpc_code", "http_code", "code", "message"),
)
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 2**63)
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "1", "7", "-3", "a2V5", "dmFsdWU=", "PUT", "DELETE", "x", "rpc error: code = Nope desc = y"])
    | st.text(max_size=3)
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=8,
)
NEAR_MISSES = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=5)
