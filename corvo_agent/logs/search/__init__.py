"""Searching logs: the query, what it matches, and the way to it through files and over rotation."""
