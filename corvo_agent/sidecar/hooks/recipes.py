"""How some programs want to be told their level. Each recipe is a hook for the program's own endpoint."""

from __future__ import annotations

from collections.abc import Mapping

from ...levels.level import Level
from .http_hook import HttpHook, HttpRequest, check_url
from .protocol import LEVEL_NAMES


def zap(url: str, headers: Mapping[str, str] | None = None) -> HttpHook:
    """Go's zap: ``url`` is where the program serves its ``AtomicLevel``, which is an http.Handler.

    It takes PUT of ``{"level":"debug"}``. It knows no level that lets nothing pass: None is ``fatal``.
    """
    # An AtomicLevel is one level for the whole program: there is nothing to set for single loggers.
    request = HttpRequest("PUT", url, '{"level":"{level}"}', headers or {})
    return HttpHook(request, names={**LEVEL_NAMES, Level.NONE: "fatal"})


def spring_boot(url: str, headers: Mapping[str, str] | None = None) -> HttpHook:
    """Spring Boot's actuator: ``url`` is that of its loggers endpoint, as ``http://127.0.0.1:8080/actuator/loggers``.

    It takes POST of ``{"configuredLevel":"DEBUG"}`` to the logger's name, ``ROOT`` for all, null for no own level.
    """
    check_url(url, is_base=True)
    base, fields = url.rstrip("/"), headers or {}
    body = '{"configuredLevel":"{LEVEL}"}'
    return HttpHook(
        HttpRequest("POST", f"{base}/ROOT", body, fields),
        logger=HttpRequest("POST", f"{base}/{{logger}}", body, fields),
        reset=HttpRequest("POST", f"{base}/{{logger}}", '{"configuredLevel":null}', fields),
        names={**LEVEL_NAMES, Level.NONE: "off"},
    )


def envoy(url: str, headers: Mapping[str, str] | None = None) -> HttpHook:
    """Envoy: ``url`` is that of its admin interface, as ``http://127.0.0.1:9901``.

    It takes POST to ``/logging``: ``level`` sets every logger, the name of a logger that one. Setting all of them
    undoes what single ones had, so there is nothing else to undo.
    """
    check_url(url, is_base=True)
    base, fields = url.rstrip("/"), headers or {}
    return HttpHook(
        HttpRequest("POST", f"{base}/logging?level={{level}}", "", fields),
        logger=HttpRequest("POST", f"{base}/logging?{{logger}}={{level}}", "", fields),
        names={**LEVEL_NAMES, Level.WARN: "warning", Level.NONE: "off"},
    )
