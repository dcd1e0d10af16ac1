"""Which JSON Web Tokens a gateway takes, and where the keys of their issuer are."""

from __future__ import annotations

from dataclasses import dataclass

from ..access.roles import Role
from ..errors import ConfigError, InvalidArgument
from ..settings.setting import check_settings, not_negative, setting


def read_role(text: str, what: str) -> tuple[str, Role]:
    """NAME=ROLE; raises ConfigError naming ``what``."""
    name, _, role = text.rpartition("=")
    if not name:
        raise ConfigError(what, text, "must be NAME=ROLE")
    try:
        return name, Role.parse(role)
    except InvalidArgument as error:
        raise ConfigError(what, text, error.reason, error.valid) from None


@dataclass(frozen=True, slots=True)
class JwtSettings:
    """Tokens of another issuer, besides those of the token file. Times are seconds. Raises ConfigError."""

    jwt_keys: str = setting(
        "", "Key set (JWKS) of the issuer of JSON Web Tokens: a file, or a URL of https.", metavar="FILE|URL"
    )
    jwt_issuer: str = setting("", "Issuer that they have to be of.", metavar="TEXT")
    jwt_audience: str = setting("", "Audience that they have to be for.", metavar="TEXT")
    jwt_algorithms: tuple[str, ...] = setting(
        (),
        "Algorithms that may sign them; RS256, ES256 and EdDSA unless given.",
        option="jwt-algorithm",
        metavar="NAME[,NAME]",
    )
    jwt_role_claim: str = setting("roles", "Claim that holds their roles, such as realm_access.roles.", metavar="CLAIM")
    jwt_roles: tuple[tuple[str, Role], ...] = setting(
        (),
        "Which role a value of that claim is, such as oncall=operator; roles are themselves unless given.",
        option="jwt-role",
        metavar="VALUE=ROLE[,...]",
        read_item=read_role,
    )
    jwt_leeway: float = setting(30.0, "How far the issuer's clock may be off.", metavar="DURATION", check=not_negative)

    def __post_init__(self) -> None:
        check_settings(self)
        if not self.jwt_keys and (self.jwt_issuer or self.jwt_audience or self.jwt_roles):
            raise ConfigError("jwt-keys", None, "is missing: the other options of --jwt-... are about it")
        if self.jwt_keys and not (self.jwt_issuer and self.jwt_audience):
            # Without them a token that was made for any other service would do.
            raise ConfigError("jwt-keys", self.jwt_keys, "needs jwt-issuer and jwt-audience")
