"""Commands that prepare a machine for the others: completion in a shell."""

__all__: tuple[str, ...] = ()
