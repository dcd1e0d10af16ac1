"""The module writer: keeps Module objects in step with what really runs."""
