"""Profiles in pprof's format: the model, the encoder and the reader."""
