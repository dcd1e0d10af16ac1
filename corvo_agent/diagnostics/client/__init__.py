"""Asking an agent over gRPC."""
