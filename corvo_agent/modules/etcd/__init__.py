"""etcd as the store: its client, sessions, failover and errors. Only this room knows etcd3."""
