"""``corvo manifest``: what it writes is what Kubernetes, systemd, Compose, Prometheus and our own programs take."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from corvo_agent.cli.main import cli
from corvo_agent.cli.manifests.docker import dockerfile
from tests.cli.kit import run_here
from tests.cli.terminal import on_terminal
from tests.guides.text import table
from tests.world.machine import needs

KUBERNETES = ("manifest", "kubernetes", "--module", "mail", "--etcd", "https://etcd:2379", "--namespace", "shop")
COMPOSE = ("manifest", "compose", "--module", "mail", "--etcd", "http://etcd:2379", "--tls-dir", "./tls")


def objects(*options: str) -> list[dict[str, Any]]:
    outcome = run_here(*KUBERNETES, *options)
    assert outcome.code == 0, outcome.err
    return list(yaml.safe_load_all(outcome.out))


def takes(arguments: list[str]) -> None:
    """That corvo has a command with these options."""
    command = cli.get_command(click.Context(cli), arguments[0])
    assert command is not None
    command.make_parser(click.Context(command)).parse_args(arguments[1:])


@pytest.mark.parametrize(
    "options",
    [
        ("--tls-secret", "corvo-tls"),
        ("--cert-manager", "corvo-ca", "--ptrace", "--match", "python -m mail"),
        ("--cert-manager", "corvo-ca", "--cluster-issuer", "--etcd-tls-secret", "etcd-tls"),
    ],
)
def test_objects_of_kubernetes_are_valid_and_their_commands_are_ours(options: tuple[str, ...]) -> None:
    found = objects(*options)
    made = {(each["kind"], each["metadata"]["name"]): each for each in found}
    assert {each["metadata"]["namespace"] for each in found} == {"shop"}
    for each in found:
        if each["kind"] != "Certificate":
            kubernetes_validate.validate(each, "1.31", strict=True)
    certificates = {name for kind, name in made if kind == "Certificate"}
    assert certificates == ({"corvo-gateway", "mail-agents"} if "--cert-manager" in options else set())
    for name in ("corvo-gateway", "corvo-writer"):
        (container,) = made["Deployment", name]["spec"]["template"]["spec"]["containers"]
        takes(container["args"])
    pod = made["Deployment", "mail"]["spec"]["template"]["spec"]
    (agent,) = pod["initContainers"]
    assert (agent["restartPolicy"], pod["shareProcessNamespace"]) == ("Always", True)
    # Two pods on one node would be one Module; a new one comes when an old one has left.
    (apart,) = pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    template = made["Deployment", "mail"]["spec"]["template"]
    assert apart["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert apart["topologyKey"] == "kubernetes.io/hostname"
    assert made["Deployment", "mail"]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    (line,) = agent["args"]
    words = shlex.split(line.replace("$(echo $POD_IP | tr .: --)", "10-0-0-1"))
    assert words[:2] == ["exec", "corvo"]
    takes(words[2:])
    # All that is mounted is there.
    for deployment in (each for each in found if each["kind"] == "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        volumes = {volume["name"] for volume in spec["volumes"]}
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    assert made["Role", "corvo-writer"]["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}
    ]


def test_without_certificates_there_is_nothing() -> None:
    for arguments in (KUBERNETES, (*KUBERNETES, "--tls-secret", "a", "--cert-manager", "b"), COMPOSE[:-2]):
        outcome = run_here(*arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert "certificates only: give --tls-" in outcome.err
    assert run_here(*KUBERNETES, "--tls-secret", "a", "--module", "Not OK").code == 2


def test_what_has_to_be_there_besides_is_told_apart_from_what_is_printed() -> None:
    outcome = run_here(*KUBERNETES, "--tls-secret", "corvo-tls")
    assert "*.mail-agents.shop.svc" in outcome.err
    assert "corvo-tokens" in outcome.err
    assert "kubectl create" not in outcome.out


def test_a_compose_file_has_commands_of_ours_and_its_own_services() -> None:
    project = yaml.safe_load(run_here(*COMPOSE).out)
    services = project["services"]
    assert set(services) == {"mail", "mail-agent", "corvo-gateway"}
    assert services["mail-agent"]["pid"] == "service:mail"
    for name in ("mail-agent", "corvo-gateway"):
        takes(services[name]["command"])
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["user"] == "10001:10001"


def test_prometheus_scrapes_what_the_gateway_has() -> None:
    written = run_here("manifest", "prometheus", "--gateway", "https://corvo:9000", "--token-file", "/etc/token").out
    own, modules = yaml.safe_load(written)["scrape_configs"]
    assert own["static_configs"] == [{"targets": ["corvo:9000"]}]
    assert modules["http_sd_configs"][0]["url"] == "https://corvo:9000/metrics/targets"
    assert modules["authorization"] == {"credentials_file": "/etc/token"}
    assert run_here("manifest", "prometheus", "--gateway", "corvo").code == 2


def test_a_dashboard_asks_for_what_is_scraped() -> None:
    dashboard = run_here("manifest", "grafana").json
    asked = set(re.findall(r"corvo_\w+", " ".join(_expressions(dashboard))))
    rows = "".join("".join(table(name)) for name in ("metrics", "module metrics"))
    assert asked
    assert {name for name in asked if f"`{name}`" not in rows} == set()
    identifiers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    # Nothing lies over anything else.
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in dashboard["panels"]]
    assert len(set(places)) == len(places)


def _expressions(dashboard: dict[str, Any]) -> list[str]:
    targets = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [*targets, *(each["query"]["query"] for each in dashboard["templating"]["list"] if each["type"] == "query")]


@pytest.mark.parametrize("options", [(), ("--ptrace",)])
def test_units_of_systemd_are_as_it_wants_them(tmp_path: Path, options: tuple[str, ...]) -> None:
    outcome = run_here("manifest", "systemd", "-o", str(tmp_path), "--program", shutil.which("true") or "", *options)
    assert outcome.code == 0, outcome.err
    paths = sorted(tmp_path.iterdir())
    assert [path.name for path in paths] == ["corvo-agent@.service", "corvo-gateway.service", "corvo-writer.service"]
    for path in paths:
        start = next(line for line in path.read_text().splitlines() if line.startswith("ExecStart="))
        takes(shlex.split(start)[1:])
    # One is printed as a file of its own.
    gateway = run_here("manifest", "systemd", "gateway", "--program", "/x")
    assert gateway.out.startswith("[Unit]\n")
    # What to do about it, and about nothing else.
    assert "corvo init gateway -o /etc/corvo/gateway.toml" in gateway.err
    assert "enable --now corvo-gateway\n" in gateway.err
    assert "agent" not in gateway.err


@needs("systemd-analyze")
def test_systemd_verifies_its_units(tmp_path: Path) -> None:
    run_here("manifest", "systemd", "-o", str(tmp_path), "--program", shutil.which("true") or "", "--ptrace")
    (tmp_path / "corvo-agent@.service").rename(tmp_path / "corvo-agent@mail.service")
    units = [str(path) for path in tmp_path.iterdir()]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "corvo" in line]) == (0, [])


@needs("python")
def test_docker_builds_the_image_where_docker_runs(tmp_path: Path) -> None:
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no docker runs here: the Dockerfile was not built")
    path = tmp_path / "Dockerfile"
    path.write_text(dockerfile())
    clone = Path(__file__).resolve().parents[4]
    subprocess.run(["docker", "build", "-q", "-t", "corvo-agent-tried", "-f", str(path), str(clone)], check=True)
    shown = subprocess.run(
        ["docker", "run", "--rm", "corvo-agent-tried", "--version"], capture_output=True, text=True, check=True
    )
    assert "corvo, version" in shown.stdout


@pytest.mark.parametrize("columns", [60, 200])
async def test_a_terminal_gets_the_same(columns: int) -> None:
    with on_terminal(*KUBERNETES, "--tls-secret", "a", columns=columns) as terminal:
        assert await terminal.ended() == 0
    assert "\x1b" not in terminal.text
    assert "shareProcessNamespace: true" in terminal.text
