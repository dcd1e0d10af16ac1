"""The REST and gRPC face of the Modules: reads from memory, writes to the store, Debug routed to the agents."""
