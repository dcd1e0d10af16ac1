"""What a deployment is made of, whatever runs it."""

from __future__ import annotations

from dataclasses import dataclass

from ..._version import __version__

#: The user that our programs run as in containers, and where they answer.
USER, AGENT_PORT, GATEWAY_PORT = 10001, 9011, 9000
GATEWAY = "corvo-gateway"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One service with its agent, and the gateway; every text is as it is written into the objects.

    ``module`` is the service's name, ``match`` what its command line looks like. ``tls`` is the secret, or the folder,
    with ca.crt, tls.crt and tls.key; ``issuer`` the issuer of cert-manager that makes them instead. ``ptrace``: the
    agent may look into processes of other users.
    """

    module: str
    etcd: tuple[str, ...]
    image: str = f"corvo-agent:{__version__}"
    service_image: str = ""
    match: str = ""
    namespace: str = "default"
    tls: str = ""
    issuer: str = ""
    issuer_kind: str = "Issuer"
    etcd_tls: str = ""
    ptrace: bool = False
    networks: tuple[str, ...] = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

    @property
    def log_file(self) -> str:
        """Where service and agent see the log, in a volume that they share."""
        return f"/var/log/{self.module}/{self.module}.log"

    @property
    def etcd_options(self) -> list[str]:
        """What leads a program to etcd; with ``etcd_tls`` its certificates, in a folder of that name."""
        found = ["--etcd", ",".join(self.etcd)]
        if self.etcd_tls:
            for option, file in (("ca", "ca.crt"), ("cert", "tls.crt"), ("key", "tls.key")):
                found += [f"--etcd-{option}", f"/etcd-tls/{file}"]
        return found

    def agent_options(self, node: str, gateway: str) -> list[str]:
        """The arguments of ``corvo agent``, but for what it advertises; ``gateway`` is the name that it trusts."""
        return [
            *("--module", self.module, "--node", node, "--log-file", self.log_file),
            *(("--match", self.match) if self.match else ()),
            *self.etcd_options,
            *("--listen", f"0.0.0.0:{AGENT_PORT}"),
            *("--tls-cert", "/tls/tls.crt", "--tls-key", "/tls/tls.key", "--tls-client-ca", "/tls/ca.crt"),
            *("--allow-client", gateway, "--trust-gateway", gateway),
        ]

    def gateway_options(self) -> list[str]:
        """The arguments of ``corvo gateway``."""
        return [
            *self.etcd_options,
            *("--listen", f"0.0.0.0:{GATEWAY_PORT}"),
            *("--gateway-cert", "/tls/tls.crt", "--gateway-key", "/tls/tls.key"),
            *("--token-file", "/tokens/tokens"),
            *("--agent-ca", "/tls/ca.crt", "--agent-cert", "/tls/tls.crt", "--agent-key", "/tls/tls.key"),
            *("--allow-network", ",".join(self.networks)),
        ]
