"""``corvo manifest``: what runs Corvo in production, as files to keep and change."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from ....errors import InvalidArgument, NotFound
from ...help import HelpGroup, RareOption
from ...manifests.deployment import USER, Deployment
from ...settings.where import DEFAULT_GATEWAY
from ...show.output import note, print_json, yaml_text

F = TypeVar("F", bound=Callable[..., Any])
# What is a name of a container, of a service and of an object of Kubernetes alike.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)


@click.group("manifest", cls=HelpGroup, short_help="Write what runs it all in production.")
def command() -> None:
    """Write files for production: an image, a Compose file, objects of Kubernetes, units of systemd, what Prometheus
    scrapes. They are a beginning, to be kept and changed; what has to be there besides is told on stderr.

    \b
    corvo manifest docker > Dockerfile
    corvo manifest kubernetes --module mail --etcd http://etcd:2379 --cert-manager corvo-ca > corvo.yaml
    corvo manifest systemd -o /etc/systemd/system
    corvo manifest prometheus --gateway https://corvo:9000 --token-file /etc/corvo.token > prometheus.yml
    """


def _deployment_options(decorated: F) -> F:
    default = Deployment("", ())
    for option in reversed(
        (
            click.option("--module", required=True, metavar="NAME", help="Name of the service, such as mail."),
            click.option("--etcd", required=True, multiple=True, metavar="URL", help="Endpoints of etcd, from there."),
            click.option(
                "--match", default="", metavar="REGEX", help="What the command line of its process looks like."
            ),
            click.option("--image", default=default.image, show_default=True, help="See corvo manifest docker."),
            click.option(
                "--service-image", default="", metavar="IMAGE", help="Of the service; NAME:latest unless given."
            ),
            click.option("--ptrace", is_flag=True, help="Let the agent look into processes of other users."),
            click.option(
                "--network", "networks", cls=RareOption, multiple=True, metavar="CIDR", help="Where agents may be."
            ),
        )
    ):
        decorated = option(decorated)
    return decorated


@command.command("docker")
def docker() -> None:
    """Print a Dockerfile for an image whose program is corvo; its context is a clone of the project.

    \b
    corvo manifest docker > Dockerfile && docker build -t corvo-agent .
    """
    from ...manifests.docker import dockerfile

    click.echo(dockerfile(), nl=False)


@command.command("compose")
@_deployment_options
@click.option("--tls-dir", default="", metavar="DIR", help="Folder with ca.crt, tls.crt, tls.key, and the file tokens.")
@click.option(
    "--etcd-tls-dir", "etcd_tls", default="", metavar="DIR", help="The same three for an etcd that wants them."
)
def compose_file(tls_dir: str, **given: Any) -> None:
    """Print a Compose file: a service, its agent in the same process namespace, and a gateway.

    \b
    corvo manifest compose --module mail --etcd http://etcd:2379 --tls-dir ./tls > compose.yaml
    """
    from ...manifests.docker import compose

    if not tls_dir:
        raise click.UsageError("agents answer other containers with certificates only: give --tls-dir")
    deployment = _deployment(tls=tls_dir, **given)
    click.echo(yaml_text(compose(deployment)), nl=False)
    note(f"{tls_dir}/tls.crt has to show the names {deployment.module}-agent and corvo-gateway")
    folder = Path(deployment.log_file).parent
    note(f"the image of {deployment.module} needs {folder}, owned by user {USER}: new volumes take their owner from it")
    note(f"{tls_dir}/tokens is made by: corvo token new --role operator --name ME --token-file {tls_dir}/tokens")


@command.command("kubernetes")
@_deployment_options
@click.option("--namespace", default="default", show_default=True, help="Where all of it is.")
@click.option("--tls-secret", default="", metavar="SECRET", help="Secret that has ca.crt, tls.crt and tls.key.")
@click.option("--cert-manager", "issuer", default="", metavar="ISSUER", help="Have cert-manager make certificates.")
@click.option("--cluster-issuer", is_flag=True, help="ISSUER is of the cluster, not of the namespace.")
@click.option("--etcd-tls-secret", "etcd_tls", default="", metavar="SECRET", help="The same for an etcd that wants it.")
def kubernetes_objects(tls_secret: str, issuer: str, *, cluster_issuer: bool, **given: Any) -> None:
    """Print objects of Kubernetes: a service with its agent as a native sidecar, a gateway, a writer with its rights.

    \b
    corvo manifest kubernetes --module mail --etcd http://etcd:2379 --cert-manager corvo-ca > corvo.yaml
    corvo manifest kubernetes --module mail --etcd http://etcd:2379 --tls-secret corvo-tls | kubectl apply -f -
    """
    from ...manifests.kubernetes import certificate_names, kubernetes

    if bool(tls_secret) == bool(issuer):
        raise click.UsageError("agents answer other pods with certificates only: give --tls-secret or --cert-manager")
    kind = "ClusterIssuer" if cluster_issuer else "Issuer"
    deployment = _deployment(tls=tls_secret, issuer=issuer, issuer_kind=kind, **given)
    for each in kubernetes(deployment):
        click.echo(yaml_text(each, document=True), nl=False)
    if tls_secret:
        note(f"tls.crt of {tls_secret} has to show {' and '.join(certificate_names(deployment))}")
    note("the Secret corvo-tokens is made by: corvo token new --role operator --name ME --token-file tokens, and")
    note(f"kubectl create secret generic corvo-tokens -n {deployment.namespace} --from-file=tokens")


@command.command("systemd")
@click.argument("unit", required=False, type=click.Choice(["agent", "gateway", "writer"]))
@click.option("-o", "folder", metavar="DIR", help="Write the units there; printed unless given.")
@click.option("--program", default="", metavar="FILE", help="Where corvo is there; this one unless given.")
@click.option("--ptrace", is_flag=True, help="Let agents look into processes of other users.")
def systemd_units(unit: str | None, folder: str | None, program: str, *, ptrace: bool) -> None:
    """Print units of systemd, or only UNIT, or write them into DIR; their settings are what corvo init writes.

    \b
    corvo manifest systemd -o /etc/systemd/system
    corvo manifest systemd gateway > corvo-gateway.service && systemd-analyze verify ./corvo-gateway.service
    """
    from ...manifests.systemd import systemd

    units = systemd(program or _this_program(), ptrace=ptrace)
    chosen = {name: text for name, text in units.items() if unit is None or unit in name}
    if folder is None:
        _print_units(chosen)
    else:
        for name, text in chosen.items():
            Path(folder, name).write_text(text, "utf-8")
            note(f"{Path(folder, name)} is written")
    note("they run as the user corvo: useradd --system --shell /usr/sbin/nologin corvo")
    for name in chosen:
        program = name.removesuffix(".service").rstrip("@").removeprefix("corvo-")
        own = "MODULE" if "@" in name else program
        started = name.removesuffix(".service") + ("MODULE" if "@" in name else "")
        note(f"settings: corvo init {program} -o /etc/corvo/{own}.toml, then systemctl enable --now {started}")


@command.command("prometheus")
@click.option("--gateway", default=DEFAULT_GATEWAY, show_default=True, metavar="URL", help="The gateway, from there.")
@click.option("--token-file", default="", metavar="FILE", help="There, a token of the role viewer.")
@click.option("--tls-ca", default="", metavar="FILE", help="There, the authority of the gateway's certificate.")
def prometheus_configuration(gateway: str, token_file: str, tls_ca: str) -> None:
    """Print what Prometheus scrapes: the gateway, and by way of it each module, found by HTTP service discovery.

    \b
    corvo manifest prometheus --gateway https://corvo:9000 --token-file /etc/corvo.token > prometheus.yml
    """
    from ...manifests.prometheus import prometheus

    if not re.fullmatch(r"https?://[^/\s]+/?", gateway):
        raise InvalidArgument("--gateway", gateway, "not a URL such as https://corvo:9000")
    click.echo(yaml_text(prometheus(gateway, token_file, tls_ca)), nl=False)


@command.command("grafana")
@click.option("--title", default="Corvo modules", show_default=True, help="Of the dashboard.")
def grafana_dashboard(title: str) -> None:
    """Print a dashboard of Grafana for the numbers that Prometheus scrapes, to be imported as it is.

    \b
    corvo manifest grafana > corvo-dashboard.json
    """
    from ...manifests.grafana import grafana

    print_json(grafana(title))


def _deployment(module: str, networks: tuple[str, ...], etcd: tuple[str, ...], **given: Any) -> Deployment:
    if not _NAME.fullmatch(module):
        raise InvalidArgument("--module", module, "small letters, digits and dashes, at most 40")
    endpoints = tuple(part for each in etcd for part in each.split(",") if part)
    return Deployment(module, endpoints, networks=networks or Deployment("", ()).networks, **given)


def _print_units(units: Mapping[str, str]) -> None:
    for name, text in units.items():
        if len(units) > 1:
            click.echo(f"# /etc/systemd/system/{name}")
        click.echo(text)


def _this_program() -> str:
    for found in (str(Path(sys.executable).parent / "corvo"), shutil.which("corvo")):
        if found and Path(found).is_file():
            return found
    raise NotFound("program", "corvo", "say where it will be: --program FILE")
