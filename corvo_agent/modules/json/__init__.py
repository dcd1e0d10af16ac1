"""The JSON of Module objects, and JSON values in a stream of bytes."""
