"""The process that a sidecar stands beside: finding it, and finding it again."""
