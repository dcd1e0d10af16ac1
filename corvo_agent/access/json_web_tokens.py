"""JSON Web Tokens (RFC 7519) of an issuer that the operator trusts, in place of tokens of our own.

What is checked: the signature by one of the issuer's keys (a JSON Web Key Set, RFC 7517) with one of the allowed
algorithms, of which none takes a shared secret; issuer, audience, expiry and the time from which it holds. Who it is
says ``sub``, what it may says a claim whose values stand for roles.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..clock import SYSTEM_CLOCK, Clock
from ..errors import ConfigError, CorvoError, DecodeError
from ..log_thinning import ThinningFilter
from .caller import Caller
from .roles import Role

_log = logging.getLogger(__name__)
# Strangers cause these lines, as often as they like.
_log.addFilter(ThinningFilter())

#: What signs with a private key, so that who can check a token cannot make one.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
# Characters of a token, and of a subject; keys of a set.
_LONGEST, _LONGEST_NAME, _MOST_KEYS = 8192, 128, 100
# Seconds for which keys are taken without a look at their source; between two looks for a key that is not among them;
# and after which those of a source that does not answer are given up.
_FRESH, _LOOK, _STALE = 600.0, 30.0, 86_400.0

#: Those that are taken unless others are named.
USUAL = ("RS256", "ES256", "EdDSA")

#: Gives the text of a key set; raises CorvoError when it is not to be had.
Fetch = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class JwtRules:
    """Which tokens are taken, and which role they carry.

    ``role_claim`` may lead into objects (``realm_access.roles``); its text, or each of its texts, is looked for in
    ``roles``. ``leeway`` is in seconds, for clocks that differ.
    """

    issuer: str
    audience: str
    algorithms: tuple[str, ...] = USUAL
    role_claim: str = "roles"
    roles: Mapping[str, Role] = field(default_factory=lambda: {role.text: role for role in Role})
    leeway: float = 30.0


class KeySet:
    """The keys of an issuer, by their ids, from ``fetch``.

    They are asked for again every ten minutes, and after half a minute where a token names another one; when ``fetch``
    fails those before hold, for a day at most.
    """

    def __init__(self, fetch: Fetch, clock: Clock = SYSTEM_CLOCK) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, Any] = {}
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    async def find(self, key_id: str) -> Any | None:
        """The key of that id, the only one for ""; None for an unknown one."""
        now = self._clock.monotonic()
        if now - self._fetched > _FRESH or (self._of(key_id) is None and now - self._tried > _LOOK):
            await self._renew()
        return self._of(key_id) if self._clock.monotonic() - self._fetched < _STALE else None

    async def load(self) -> None:
        """Ask for them now; raises what ``fetch`` raises and DecodeError, and those before stay then."""
        self._tried = self._clock.monotonic()
        self._keys = parse_keys(await self._fetch())
        self._fetched = self._clock.monotonic()

    async def _renew(self) -> None:
        tried = self._tried
        async with self._fetching:
            # Others who waited for the lock find it done; and a source that fails is not asked without end.
            if self._tried != tried or self._clock.monotonic() - self._tried <= _LOOK:
                return
            try:
                await self.load()
            except CorvoError as error:
                _log.warning("the keys of JSON Web Tokens cannot be had, those before stay: %s", error)

    def _of(self, key_id: str) -> Any | None:
        if key_id or len(self._keys) != 1:
            return self._keys.get(key_id)
        return next(iter(self._keys.values()))


def _library() -> Any:
    # Late: with its cryptography it takes nine megabytes, and most gateways and all agents do without.
    try:
        import jwt
    except ImportError:
        raise ConfigError("jwt-keys", None, "needs the extra jwt: pip install 'corvo-agent[jwt]'") from None
    return jwt


def parse_keys(text: bytes) -> dict[str, Any]:
    """The keys of a key set that can check a signature, by their ids; raises DecodeError for what is none."""
    jwt = _library()
    try:
        found = jwt.PyJWKSet.from_json(text.decode()).keys
    except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DecodeError("key set", f"is no JSON Web Key Set with a key of use: {error}") from None
    if len(found) > _MOST_KEYS:
        raise DecodeError("key set", f"has {len(found)} keys, at most {_MOST_KEYS}")
    return {key.key_id or "": key for key in found if key.public_key_use != "enc" and key.key_type != "oct"}


class JsonWebTokens:
    """Knows callers by the tokens that ``rules`` take, signed by a key of ``keys``.

    Raises ConfigError without the extra ``jwt``, and for an algorithm that is not among ALGORITHMS.
    """

    def __init__(self, rules: JwtRules, keys: KeySet) -> None:
        self._library = _library()
        for name in rules.algorithms:
            if name not in ALGORITHMS:
                raise ConfigError("jwt-algorithm", name, "is not allowed", ALGORITHMS)
        self._rules = rules
        self.keys = keys

    @staticmethod
    def looks_like(token: str) -> bool:
        """Whether ``token`` has the form of one: three parts, of which the first is a JSON object."""
        return token.startswith("ey") and token.count(".") == 2

    async def find(self, token: str) -> Caller | None:
        """Who shows ``token``, None for one that is not taken; the log says why."""
        if len(token) > _LONGEST:
            return None
        jwt = self._library
        try:
            key = await self.keys.find(str(jwt.get_unverified_header(token).get("kid", "")))
            if key is None:
                _log.warning("refused a JSON Web Token: its key is unknown")
                return None
            claims = jwt.decode(
                token,
                key,
                algorithms=list(self._rules.algorithms),
                audience=self._rules.audience,
                issuer=self._rules.issuer,
                leeway=self._rules.leeway,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            _log.warning("refused a JSON Web Token: %s", str(error)[:200])
            return None
        return self._caller(claims)

    def _caller(self, claims: Mapping[str, Any]) -> Caller | None:
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_NAME or not subject.isprintable():
            _log.warning("refused a JSON Web Token: its subject is no name")
            return None
        told: Any = claims
        for part in self._rules.role_claim.split("."):
            told = told.get(part) if isinstance(told, Mapping) else None
        texts = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        roles = [self._rules.roles[text] for text in texts if isinstance(text, str) and text in self._rules.roles]
        if not roles:
            _log.warning("refused a JSON Web Token: %s carries no role in %s", subject, self._rules.role_claim)
            return None
        # Not to be taken for a token's name, or a user of the machine.
        return Caller(f"jwt:{subject}", max(roles))
