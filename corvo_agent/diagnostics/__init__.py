"""Debug queries: codec, handlers and the gRPC service."""
