"""The gateway's gRPC API, ``diagnostics.DiagnosticsV1``."""
