"""Profiles of a Python process in the pprof format."""
