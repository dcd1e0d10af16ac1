"""The commands, one per file, grouped by what they are for. ``cli.main`` imports a file when its command is used."""

__all__: tuple[str, ...] = ()
