"""A support bundle: everything about some modules in one archive, with secrets masked."""
