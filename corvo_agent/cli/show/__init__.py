"""How results are shown: tables, JSON, YAML and progress."""
