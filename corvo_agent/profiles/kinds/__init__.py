"""The kinds of profiles, one per file, and those of this process together."""
