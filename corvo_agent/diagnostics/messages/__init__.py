"""The messages of Debug queries, as bytes and back."""
