"""Units of systemd: an agent for each module, a gateway, a writer, each with no more than it needs."""

from __future__ import annotations

from collections.abc import Mapping

_COMMON: Mapping[str, str] = {
    "User": "corvo",
    "Group": "corvo",
    "Restart": "on-failure",
    "RestartSec": "2s",
    "ExecReload": "/bin/kill -HUP $MAINPID",
    "UMask": "0077",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "read-only",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    # The last one tells whose a connection on loopback is.
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
}
_CLOSED: Mapping[str, str] = {
    "CapabilityBoundingSet": "",
    "ProtectProc": "invisible",
    "SystemCallFilter": "@system-service",
    "MemoryMax": "512M",
}
_AGENT: Mapping[str, str] = {
    # Logs are often for a group only.
    "SupplementaryGroups": "adm",
    "ConfigurationDirectory": "corvo",
    "RuntimeDirectory": "corvo/%i",
    "MemoryMax": "256M",
}
# Looking into processes of other users, from outside.
_LOOKING: Mapping[str, str] = {
    "CapabilityBoundingSet": "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH",
    "AmbientCapabilities": "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH",
    "SystemCallFilter": "@system-service process_vm_readv ptrace kcmp",
}


def systemd(program: str, *, ptrace: bool = False) -> dict[str, str]:
    """Name of the unit -> its text; ``program`` is where corvo is. ``ptrace`` lets agents look into other users'.

    Their settings are /etc/corvo/MODULE.toml, gateway.toml and writer.toml, as ``corvo init`` writes them.
    """
    agent = {**_CLOSED, **_AGENT, "ProtectProc": "default", **(_LOOKING if ptrace else {})}
    return {
        "corvo-agent@.service": _unit("Corvo agent of %i", program, "agent", "%i", agent),
        "corvo-gateway.service": _unit("Corvo gateway", program, "gateway", "gateway", _CLOSED),
        "corvo-writer.service": _unit("Corvo module writer", program, "writer", "writer", _CLOSED),
    }


def _unit(description: str, program: str, command: str, name: str, more: Mapping[str, str]) -> str:
    start = f"{program} {command} --config /etc/corvo/{name}.toml"
    service = {"Type": "notify", "ExecStart": start, "WatchdogSec": "30s", **_COMMON, **more}
    lines = "\n".join(f"{key}={value}" for key, value in service.items())
    return f"""\
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target

[Service]
{lines}

[Install]
WantedBy=multi-user.target
"""
