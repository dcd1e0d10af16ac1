"""From a Module to a connection with the agent that answers for it."""
