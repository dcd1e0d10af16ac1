"""Roles, the table of what each may, and tokens."""
