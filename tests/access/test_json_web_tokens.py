"""Which JSON Web Tokens are taken: those of the issuer, for us, in time, signed as is allowed, with a role."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from corvo_agent.access.caller import Caller
from corvo_agent.access.json_web_tokens import JsonWebTokens, JwtRules, KeySet, parse_keys
from corvo_agent.access.roles import Role
from corvo_agent.errors import ConfigError, DecodeError, Unavailable
from corvo_agent.testing import FakeClock

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, tuple[Any, str, Any]] = {
    "r": (RSA, "RS256", jwt.algorithms.RSAAlgorithm),
    "e": (EC, "ES256", jwt.algorithms.ECAlgorithm),
    "d": (ED, "EdDSA", jwt.algorithms.OKPAlgorithm),
}
RULES = JwtRules("https://id.example", "corvo")


def key_set(*names: str) -> bytes:
    """The public keys of these names as a JSON Web Key Set."""
    found = []
    for name in names:
        key, algorithm, kind = KEYS[name]
        found.append({**json.loads(kind.to_jwk(key.public_key())), "kid": name, "alg": algorithm, "use": "sig"})
    return json.dumps({"keys": found}).encode()


def token(name: str = "r", /, **claims: Any) -> str:
    """A token that is good, but for ``claims``; None takes one away."""
    now = int(time.time())
    good = {"iss": RULES.issuer, "aud": RULES.audience, "sub": "ann", "exp": now + 60, "roles": ["reader"]}
    key, algorithm, _ = KEYS[name]
    held = {claim: value for claim, value in {**good, **claims}.items() if value is not None}
    return jwt.encode(held, key, algorithm=algorithm, headers={"kid": name})


async def tokens(rules: JwtRules = RULES) -> JsonWebTokens:
    async def fetch() -> bytes:
        return key_set("r", "e", "d")

    return JsonWebTokens(rules, KeySet(fetch))


@pytest.mark.parametrize("name", KEYS)
async def test_each_kind_of_key_signs(name: str) -> None:
    found = await tokens()
    assert found.looks_like(token(name))
    assert await found.find(token(name)) == Caller("jwt:ann", Role.READER)


NOW = int(time.time())
BAD: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - 3600},
    "without an end": {"exp": None},
    "not yet": {"nbf": NOW + 3600},
    "of another issuer": {"iss": "https://other.example"},
    "without an issuer": {"iss": None},
    "for another audience": {"aud": ["other"]},
    "without an audience": {"aud": None},
    "without a subject": {"sub": None},
    "with a subject of two lines": {"sub": "ann\nroot"},
    "with a subject of any length": {"sub": "x" * 200},
    "without a role": {"roles": None},
    "with an unknown role": {"roles": ["owner"]},
    "with roles of another form": {"roles": {"reader": True}},
    "too long": {"padding": "x" * 9000},
}


@pytest.mark.parametrize("claims", BAD.values(), ids=BAD)
async def test_others_are_not_taken(claims: dict[str, Any]) -> None:
    assert await (await tokens()).find(token(**claims)) is None


def part(found: Any) -> str:
    return (
        base64.urlsafe_b64encode(found if isinstance(found, bytes) else json.dumps(found).encode()).decode().rstrip("=")
    )


async def test_no_other_signature_will_do() -> None:
    found = await tokens()
    good = token()
    head, body, signature = good.split(".")
    unsigned = f"{part({'alg': 'none', 'kid': 'r'})}.{body}."
    # The public key taken for a shared secret, as one that reads the algorithm from the token would.
    public = key_set("r")
    start = f"{part({'alg': 'HS256', 'kid': 'r'})}.{body}"
    confused = f"{start}.{part(hmac.new(public, start.encode(), hashlib.sha256).digest())}"
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = jwt.encode({"sub": "ann"}, other, algorithm="RS256", headers={"kid": "r"})
    elsewhere = jwt.encode({"sub": "ann"}, RSA, algorithm="RS256", headers={"kid": "none"})
    mixed = jwt.encode({"sub": "ann"}, RSA, algorithm="PS256", headers={"kid": "r"})
    for bad in (unsigned, confused, forged, elsewhere, mixed, f"{head}.{body}.", f"{head}.{part({})}.{signature}"):
        assert await found.find(bad) is None
    for nonsense in ("ey..", "eyJ9.x.y", f"{part([])}.{body}.{signature}", f"{part({'kid': [1]})}.{body}.{signature}"):
        assert await found.find(nonsense) is None


async def test_only_the_algorithms_that_are_allowed_are_taken() -> None:
    found = await tokens(JwtRules(RULES.issuer, RULES.audience, ("ES256",)))
    assert await found.find(token("r")) is None
    assert await found.find(token("e")) is not None
    for name in ("none", "HS256"):
        with pytest.raises(ConfigError, match="jwt-algorithm"):
            await tokens(JwtRules(RULES.issuer, RULES.audience, (name,)))


async def test_a_claim_within_others_carries_the_highest_of_its_roles() -> None:
    roles = {"oncall": Role.OPERATOR, "staff": Role.VIEWER}
    found = await tokens(JwtRules(RULES.issuer, RULES.audience, role_claim="realm.roles", roles=roles))
    assert await found.find(token(realm={"roles": ["staff", "oncall", "x", 7]})) == Caller("jwt:ann", Role.OPERATOR)
    assert await found.find(token(realm={"roles": "staff"})) == Caller("jwt:ann", Role.VIEWER)
    assert await found.find(token(realm=["staff"])) is None


async def test_a_clock_that_is_off_a_little_does_not_matter() -> None:
    assert await (await tokens()).find(token(exp=int(time.time()) - 5)) is not None


class TestKeys:
    """A set whose source counts how often it is asked."""

    async def test_an_unknown_key_is_looked_for_once_in_a_while_and_a_source_that_fails_keeps_the_others(self) -> None:
        clock, asked = FakeClock(), 0
        there: bytes | None = key_set("r")

        async def fetch() -> bytes:
            nonlocal asked
            asked += 1
            if there is None:
                raise Unavailable("issuer", "it is away")
            return there

        keys = KeySet(fetch, clock)
        assert await keys.find("r") is not None
        assert await keys.find("e") is None
        assert await keys.find("e") is None
        assert asked == 1
        there = key_set("r", "e")
        await clock.advance(31.0)
        assert await keys.find("e") is not None
        there = None
        await clock.advance(700.0)
        assert await keys.find("e") is not None
        assert asked == 3
        await clock.advance(86_400.0)
        assert await keys.find("e") is None

    @pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"keys":[]}', b'{"keys":[{"kty":"x"}]}', b"\xff"])
    def test_what_is_no_set_is_refused(self, text: bytes) -> None:
        with pytest.raises(DecodeError):
            parse_keys(text)

    def test_shared_secrets_and_keys_for_encryption_are_left_out(self) -> None:
        keys = json.loads(key_set("r", "e"))["keys"]
        keys[1]["use"] = "enc"
        keys.append({"kty": "oct", "k": "c2VjcmV0c2VjcmV0", "kid": "o", "alg": "HS256"})
        assert list(parse_keys(json.dumps({"keys": keys}).encode())) == ["r"]
