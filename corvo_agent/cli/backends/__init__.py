"""The places where commands find Modules and their agents: a gateway, an etcd, or one address."""
