"""The demo: a sample service with its agent, on an etcd of its own."""
