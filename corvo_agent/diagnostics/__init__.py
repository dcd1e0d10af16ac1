"""Debug queries, from the bytes of a request to the bytes of its answer.

::

    limits ──> convert ──> service ──> admission ──> registry ──> handlers/      a call to us
    (bounded    (request     (protos.    (places,      (who          (log, stats,
     reading)    and answer)  Diagnostics) time)         answers)      profile, action)

    client.py ──> link ──> convert, limits ──> payloads                           a call of ours

``payloads``, ``log_codec``, ``map_entries`` and ``wire`` are the codec of what answers carry, ``status`` the one table
between errors and gRPC statuses. ``introspection`` is gRPC's own ``health`` and ``reflection`` services, also on bytes.
"""
