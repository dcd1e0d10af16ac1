"""Objects of Kubernetes: a service with its agent as a native sidecar, the gateway, the writer with its rights."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Any

from .deployment import AGENT_PORT, GATEWAY, GATEWAY_PORT, USER, Deployment

Object = dict[str, Any]

_WRITER, _TOKENS = "corvo-writer", "corvo-tokens"
_LOCKED: Object = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_POD: Object = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "fsGroup": USER,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_RESOURCES: Object = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}


def kubernetes(deployment: Deployment) -> Iterator[Object]:
    """Every object; certificates are those of the secret ``deployment.tls``, else made by cert-manager."""
    yield from _certificates(deployment)
    yield from _writer(deployment)
    yield from _gateway(deployment)
    yield from _service(deployment)


def certificate_names(deployment: Deployment) -> list[str]:
    """The names that a certificate has to show which serves gateway and agents."""
    return [_gateway_name(deployment), f"*.{_agents(deployment)}.{deployment.namespace}.svc"]


def _gateway_name(deployment: Deployment) -> str:
    return f"{GATEWAY}.{deployment.namespace}.svc"


def _agents(deployment: Deployment) -> str:
    return f"{deployment.module}-agents"


def _secret(deployment: Deployment, whose: str) -> str:
    return deployment.tls or f"{whose}-tls"


def _certificates(deployment: Deployment) -> Iterator[Object]:
    if not deployment.issuer:
        return
    gateway, agents = certificate_names(deployment)
    for whose, names in ((GATEWAY, [gateway, GATEWAY]), (_agents(deployment), [agents])):
        yield {
            **_object("cert-manager.io/v1", "Certificate", whose, deployment),
            "spec": {
                "secretName": _secret(deployment, whose),
                "dnsNames": names,
                "usages": ["digital signature", "key encipherment", "server auth", "client auth"],
                "issuerRef": {"name": deployment.issuer, "kind": deployment.issuer_kind, "group": "cert-manager.io"},
            },
        }


def _writer(deployment: Deployment) -> Iterator[Object]:
    yield _object("v1", "ServiceAccount", _WRITER, deployment)
    rbac = "rbac.authorization.k8s.io"
    yield {
        **_object(f"{rbac}/v1", "Role", _WRITER, deployment),
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
    }
    yield {
        **_object(f"{rbac}/v1", "RoleBinding", _WRITER, deployment),
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": _WRITER},
        "subjects": [{"kind": "ServiceAccount", "name": _WRITER, "namespace": deployment.namespace}],
    }
    options = ["writer", "--source", "kubernetes", "--namespace", deployment.namespace, *deployment.etcd_options]
    container = _container(deployment, "writer", options, _etcd_mounts(deployment))
    spec = {"serviceAccountName": _WRITER, "containers": [container], "volumes": _etcd_volumes(deployment)}
    yield _deployment(deployment, _WRITER, spec)


def _gateway(deployment: Deployment) -> Iterator[Object]:
    mounts = [_mount("tls", "/tls"), _mount("tokens", "/tokens"), *_etcd_mounts(deployment)]
    container = _container(deployment, "gateway", ["gateway", *deployment.gateway_options()], mounts)
    container["ports"] = [{"name": "rest", "containerPort": GATEWAY_PORT}]
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        container[probe] = {"httpGet": {"path": path, "port": "rest", "scheme": "HTTPS"}}
    volumes = [
        _secret_volume("tls", _secret(deployment, GATEWAY)),
        _secret_volume("tokens", _TOKENS),
        *_etcd_volumes(deployment),
    ]
    spec = {"automountServiceAccountToken": False, "containers": [container], "volumes": volumes}
    yield _deployment(deployment, GATEWAY, spec)
    yield {
        **_object("v1", "Service", GATEWAY, deployment),
        "spec": {
            "selector": _labels(GATEWAY),
            "ports": [{"name": "rest", "port": GATEWAY_PORT, "targetPort": "rest"}],
        },
    }


def _service(deployment: Deployment) -> Iterator[Object]:
    module, logs = deployment.module, f"/var/log/{deployment.module}"
    options = deployment.agent_options("$(NODE_NAME)", _gateway_name(deployment))
    # A name for its address, which a certificate can show: DNS has one for each pod of a headless service.
    place = f"$(echo $POD_IP | tr .: --).{_agents(deployment)}.{deployment.namespace}.svc:{AGENT_PORT}"
    shown = " ".join(word if word.startswith("$(") else quote(word) for word in options)
    agent = _container(
        deployment,
        "corvo-agent",
        [f'exec corvo agent {shown} --advertise "{place}"'],
        [_mount("logs", logs), _mount("tls", "/tls"), *_etcd_mounts(deployment)],
    )
    agent["command"] = ["sh", "-c"]
    # Started before the service, ended after it: a native sidecar.
    agent["restartPolicy"] = "Always"
    agent["ports"] = [{"name": "corvo", "containerPort": AGENT_PORT}]
    agent["env"] = [_from_pod("NODE_NAME", "spec.nodeName"), _from_pod("POD_IP", "status.podIP")]
    if deployment.ptrace:
        capabilities = {"drop": ["ALL"], "add": ["SYS_PTRACE", "DAC_READ_SEARCH"]}
        agent["securityContext"] = {**_LOCKED, "runAsUser": 0, "runAsNonRoot": False, "capabilities": capabilities}
    service = {
        "name": module,
        "image": deployment.service_image or f"{module}:latest",
        "volumeMounts": [{"name": "logs", "mountPath": logs}],
    }
    spec = {
        "affinity": _apart(module),
        "shareProcessNamespace": True,
        "automountServiceAccountToken": False,
        "initContainers": [agent],
        "containers": [service],
        "volumes": [
            {"name": "logs", "emptyDir": {"sizeLimit": "1Gi"}},
            _secret_volume("tls", _secret(deployment, _agents(deployment))),
            *_etcd_volumes(deployment),
        ],
    }
    made = _deployment(deployment, module, spec)
    # A new pod has a node of its own only when an old one has left it.
    made["spec"]["strategy"] = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    yield made
    yield {
        **_object("v1", "Service", _agents(deployment), deployment),
        "spec": {
            "clusterIP": "None",
            # What starts, or is stuck, is what people want to look at.
            "publishNotReadyAddresses": True,
            "selector": _labels(module),
            "ports": [{"name": "corvo", "port": AGENT_PORT}],
        },
    }


def _apart(name: str) -> Object:
    """A node for each pod: a Module is a service on a node, and two pods there would be one Module."""
    term = {"labelSelector": {"matchLabels": _labels(name)}, "topologyKey": "kubernetes.io/hostname"}
    return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def _container(deployment: Deployment, name: str, arguments: list[str], mounts: list[Object]) -> Object:
    return {
        "name": name,
        "image": deployment.image,
        "args": arguments,
        "securityContext": _LOCKED,
        "resources": _RESOURCES,
        "volumeMounts": mounts,
    }


def _deployment(deployment: Deployment, name: str, spec: Object) -> Object:
    return {
        **_object("apps/v1", "Deployment", name, deployment),
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": _labels(name)},
            "template": {"metadata": {"labels": _labels(name)}, "spec": {"securityContext": _POD, **spec}},
        },
    }


def _object(version: str, kind: str, name: str, deployment: Deployment) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": deployment.namespace}}


def _labels(name: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name}


def _mount(name: str, path: str) -> Object:
    return {"name": name, "mountPath": path, "readOnly": True}


def _secret_volume(name: str, secret: str) -> Object:
    # Readable by the group of fsGroup, and by no others.
    return {"name": name, "secret": {"secretName": secret, "defaultMode": 0o440}}


def _etcd_mounts(deployment: Deployment) -> list[Object]:
    return [_mount("etcd-tls", "/etcd-tls")] if deployment.etcd_tls else []


def _etcd_volumes(deployment: Deployment) -> list[Object]:
    return [_secret_volume("etcd-tls", deployment.etcd_tls)] if deployment.etcd_tls else []


def _from_pod(name: str, path: str) -> Object:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
