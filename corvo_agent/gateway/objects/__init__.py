"""What may be done to Modules through the gateway, for REST and gRPC alike."""
