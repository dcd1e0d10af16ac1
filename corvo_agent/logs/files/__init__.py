"""Log files: opening, blocks of lines, compression, rotation and places that survive it."""
