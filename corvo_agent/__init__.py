"""Corvo diagnostics for Python: levels, logs, stats and profiles of a running service, without a restart."""

from ._version import __version__

__all__ = ("__version__",)
