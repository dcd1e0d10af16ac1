"""An image with our programs, and a Compose file: a service, its agent beside it, a gateway."""

from __future__ import annotations

from typing import Any

from .deployment import AGENT_PORT, GATEWAY, GATEWAY_PORT, USER, Deployment

_PYTHON = "python:3.13-slim"


def dockerfile() -> str:
    """An image of a clone of the project, the build's context, whose program is ``corvo``."""
    return f"""\
# docker build -t corvo-agent -f Dockerfile .      in a clone of the project
FROM {_PYTHON} AS build
COPY . /source
RUN python -m venv /opt/corvo \\
    && /opt/corvo/bin/pip install --no-cache-dir '/source[profiling,kubernetes,jwt,zstd,lz4]'

FROM {_PYTHON}
COPY --from=build /opt/corvo /opt/corvo
RUN groupadd --system --gid {USER} corvo \\
    && useradd --system --uid {USER} --gid corvo --home-dir /nonexistent --shell /usr/sbin/nologin corvo
ENV PATH=/opt/corvo/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER {USER}:{USER}
ENTRYPOINT ["corvo"]
CMD ["--help"]
"""


def compose(deployment: Deployment) -> dict[str, Any]:
    """The project: certificates and tokens are files below the folder ``deployment.tls``."""
    module, agent = deployment.module, f"{deployment.module}-agent"
    logs = f"{module}-logs:/var/log/{module}"
    tls = f"{deployment.tls}:/tls:ro"
    etcd_tls = [f"{deployment.etcd_tls}:/etcd-tls:ro"] if deployment.etcd_tls else []
    hardened = {
        "image": deployment.image,
        "user": f"{USER}:{USER}",
        "read_only": True,
        "tmpfs": ["/tmp"],  # nosec B108
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "unless-stopped",
    }
    beside = (
        {**hardened, "user": "0:0", "cap_add": ["SYS_PTRACE", "DAC_READ_SEARCH"]} if deployment.ptrace else hardened
    )
    options = [*deployment.agent_options("compose", GATEWAY), "--advertise", f"{agent}:{AGENT_PORT}"]
    check = (
        "import ssl, urllib.request as u; "
        f"u.urlopen('https://localhost:{GATEWAY_PORT}/readyz', context=ssl._create_unverified_context())"
    )
    return {
        "services": {
            module: {
                "image": deployment.service_image or f"{module}:latest",
                "user": f"{USER}:{USER}",
                "volumes": [logs],
                "restart": "unless-stopped",
            },
            agent: {
                **beside,
                "command": ["agent", *map(_literal, options)],
                # The processes of the service are the agent's to look into.
                "pid": f"service:{module}",
                "depends_on": [module],
                "volumes": [f"{logs}:ro", tls, *etcd_tls],
            },
            GATEWAY: {
                **hardened,
                "command": ["gateway", *map(_literal, deployment.gateway_options())],
                "ports": [f"127.0.0.1:{GATEWAY_PORT}:{GATEWAY_PORT}"],
                "volumes": [tls, f"{deployment.tls}/tokens:/tokens/tokens:ro", *etcd_tls],
                "healthcheck": {"test": ["CMD", "python", "-c", check], "interval": "10s", "retries": 3},
            },
        },
        "volumes": {f"{module}-logs": {}},
    }


def _literal(text: str) -> str:
    # Compose replaces $NAME.
    return text.replace("$", "$$")
