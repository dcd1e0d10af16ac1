"""Who is let in by the settings of a gateway: tokens of two kinds, certificates, or users of the machine."""

from __future__ import annotations

import logging

from ..access.callers import EVERYONE, Callers
from ..access.json_web_tokens import USUAL, JsonWebTokens, JwtRules, KeySet
from ..access.local_users import LocalUsers, user_id
from ..access.roles import Role
from ..access.tokens import TokenFile
from ..access.wrong_tokens import TokenCheck
from ..clock import Clock
from .auth import Gatekeeper
from .jwt_settings import JwtSettings
from .key_source import key_source
from .settings import GatewaySettings

_log = logging.getLogger(__name__)


def gatekeeper_of(settings: GatewaySettings, clock: Clock) -> Gatekeeper:
    """What knows the callers of a gateway of ``settings``. Blocks on the disk.

    Raises ConfigError for files and settings that cannot be used.
    """
    if settings.asks_who:
        file = TokenFile(settings.token_file, clock) if settings.token_file else None
        web = _web_tokens(settings.jwt, clock) if settings.jwt.jwt_keys else None
        tokens = TokenCheck(file, clock, web) if file or web else None
        # Who shows no certificate that is listed may show a token.
        callers = Callers(clients=dict(settings.clients), others=True) if settings.client_ca else EVERYONE
        return Gatekeeper(callers, tokens, certified=bool(settings.client_ca))
    if settings.insecure:
        _log.warning("this gateway answers anyone who reaches it, without a token: --insecure")
        return Gatekeeper(EVERYONE)
    return Gatekeeper(Callers(LocalUsers([user_id(text) for text in settings.allow_users])))


def _web_tokens(settings: JwtSettings, clock: Clock) -> JsonWebTokens:
    rules = JwtRules(
        settings.jwt_issuer,
        settings.jwt_audience,
        settings.jwt_algorithms or USUAL,
        settings.jwt_role_claim,
        dict(settings.jwt_roles) or {role.text: role for role in Role},
        settings.jwt_leeway,
    )
    return JsonWebTokens(rules, KeySet(key_source(settings.jwt_keys), clock))
