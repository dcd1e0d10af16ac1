"""Joins a Python of ``corvo run`` that reads no PYTHONPATH (``-I``, ``-E``): no sitecustomize of ours is found there.

A wheel puts ``isolated.pth`` beside the package, where every Python of that environment runs its line at its start
(see the documents of ``site``). The line does nothing without that option and outside of ``corvo run``.
"""

from __future__ import annotations


def join_isolated() -> None:
    """What ``join`` does. Nothing comes out of it: the program has to start, whatever is wrong."""
    try:
        # Late: nearly all that run the line need none of it.
        from .join import join

        join()
    except Exception:  # nosec B110
        pass
