"""The hub: the one process per Module and host that is its agent, for all processes that ``corvo_agent.start`` is in.

``main`` is its life, ``workers`` are the connected processes, ``stats``, ``profiles`` and ``actions`` answer for all of
them or for the one that a query names; ``root`` finds the process whose start counts as the service's.
"""

__all__: tuple[str, ...] = ()
