"""The agent: everything wired together, with a life."""
