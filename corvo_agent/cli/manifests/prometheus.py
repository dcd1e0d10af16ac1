"""What Prometheus scrapes: the gateway, and by way of it each module that has an agent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

#: Where the gateway tells the numbers of modules, and which modules there are.
MODULES_PATH, TARGETS_PATH = "/metrics/modules", "/metrics/targets"


def prometheus(gateway: str, token_file: str, ca_file: str) -> dict[str, Any]:
    """A configuration to be read by Prometheus as it is, or to be added to another one.

    ``gateway`` is a URL. ``token_file`` and ``ca_file`` are files of the machine that Prometheus runs on, "" for none.
    """
    found = urlsplit(gateway)
    access: dict[str, Any] = {}
    if token_file:
        access["authorization"] = {"credentials_file": token_file}
    if ca_file:
        access["tls_config"] = {"ca_file": ca_file}
    scheme = {"scheme": found.scheme}
    return {
        "scrape_configs": [
            {"job_name": "corvo-gateway", **scheme, **access, "static_configs": [{"targets": [found.netloc]}]},
            {
                "job_name": "corvo-modules",
                "metrics_path": MODULES_PATH,
                # A module takes as long as its agent does.
                "scrape_interval": "30s",
                "scrape_timeout": "10s",
                **scheme,
                **access,
                "http_sd_configs": [{"url": f"{gateway.rstrip('/')}{TARGETS_PATH}", **access}],
                "relabel_configs": [{"source_labels": ["__param_name"], "target_label": "instance"}],
            },
        ]
    }
