"""Commands that change something: levels, Module objects, and actions of a module."""

__all__: tuple[str, ...] = ()
