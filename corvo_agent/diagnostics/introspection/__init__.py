"""gRPC's own services beside ours: health checking and server reflection."""
