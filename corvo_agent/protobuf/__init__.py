"""Protobuf's binary encoding."""
