"""What has to be recorded while it happens: creation stacks, lock waits and stalls of the loop."""
