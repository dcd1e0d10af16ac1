"""Commands that only look: logs, stats, profiles, top and the support bundle."""

__all__: tuple[str, ...] = ()
