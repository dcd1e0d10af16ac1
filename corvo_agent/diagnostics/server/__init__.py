"""The gRPC server, with the bounds that grpclib leaves open."""
