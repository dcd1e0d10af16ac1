"""Module objects: model, codec, stores and watching."""
