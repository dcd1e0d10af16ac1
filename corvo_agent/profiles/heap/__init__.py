"""What fills the heap: live objects, and windows of allocations."""
