"""What ``corvo attach`` is made of: which process is meant, the agent beside it, and what only it is asked."""
