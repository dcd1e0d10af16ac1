"""Secrets on a command line and in other texts, masked before they are shown, logged or stored.

A guess by names: the value of an option or variable whose name speaks of a secret, the password in a URL or behind
``--user NAME:``, an ``Authorization:`` header; and by shapes: signed tokens, private keys, keys of well-known services.
Masking too much does less harm than too little, but a name such as
``--token-file`` says where a secret lies, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

MASK = "***"

_SECRETS = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
)
_KEYS = ("api", "access", "private", "secret", "signing", "encryption", "account")
_PLACES = ("file", "path", "dir", "url", "uri", "endpoint", "name", "type", "ttl", "timeout", "env")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

# Each begins where a name can begin, so that they take time in proportion to the text, which may be a whole program.
_OPTION = re.compile(r"(--?)?([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)
_URL_PASSWORD = re.compile(r"(?<![A-Za-z])([A-Za-z][\w+.-]{0,63}://[^/\s:@]*):[^/\s]+@")
_HEADER = re.compile(r"((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(\s*:\s*)\S.*", re.IGNORECASE | re.DOTALL)
_NAMED_HEADER = re.compile(r"(-{0,2}[A-Za-z_][\w-]*)(:\s*)\S.*", re.DOTALL)
# An option with its value in the midst of a command, as behind "sh -c".
_INNER_OPTION = re.compile(r"(?<!\S)(--?[A-Za-z][\w.-]*)(\s+)(?!-)(?:'[^']*'|\"[^\"]*\"|\S+)")
_PAIR = re.compile(r"(?<![\w.-])([\w.-]+)=(?:'[^']*'|\"[^\"]*\"|[^&\s;,]+)")
# As people write it in a sentence or in YAML: "password: hunter2".
_COLON_PAIR = re.compile(r"(?<![\w.-])([\w-]{1,64})(:\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;&'\"/*][^\s,;&]*)")
_JSON_PAIR = re.compile(r"\"([\w.-]+)\"(\s*:\s*)(?:\"(?:[^\"\\]|\\.)*\"|[\w.+-]+)")
# As Python writes a dict.
_REPR_PAIR = re.compile(r"'([\w.-]+)'(\s*:\s*)(?:b?'(?:[^'\\]|\\.)*'|b?\"(?:[^\"\\]|\\.)*\"|[\w.+-]+)")
# What is a secret wherever it stands: signed tokens, keys of well-known services, private keys.
_TOKEN = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}"
    r"|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{35}|\bnpm_\w{36}|\bsk-[\w-]{20,}"
)
_SCHEME = re.compile(r"\b(bearer|basic)(\s+)(?=[A-Za-z._~+/-]{0,256}[\d=])[\w.~+/=-]{6,}", re.IGNORECASE)
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----).*?(?:-----END [A-Z ]{0,32}PRIVATE KEY-----|\Z)", re.DOTALL
)


def mask_arguments(arguments: Sequence[str]) -> list[str]:
    """``arguments`` of a process, with ``***`` where a secret stood."""
    masked: list[str] = []
    option = ""
    for argument in arguments:
        # A password may begin with a dash; two of them are an option.
        if option and not argument.startswith("--" if is_secret(option) else "-"):
            masked.append(_mask_value(option, argument))
            option = ""
        else:
            masked.append(_mask(argument))
            option = argument.lstrip("-") if argument.startswith("-") and "=" not in argument else ""
    return masked


def mask_text(text: str) -> str:
    """``text`` with ``***`` for passwords in URLs, secret headers, values behind secret names, options, and tokens."""
    header = _NAMED_HEADER.fullmatch(text)
    if header is not None and is_secret(header[1]):
        return f"{header[1]}{header[2]}{MASK}"
    text = _PRIVATE_KEY.sub(rf"\1{MASK}", text)
    text = _TOKEN.sub(MASK, text)
    text = _SCHEME.sub(rf"\1\2{MASK}", text)
    text = _URL_PASSWORD.sub(rf"\1:{MASK}@", text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    text = _INNER_OPTION.sub(lambda found: _mask_pair(found, f"{found[1]}{found[2]}{MASK}"), text)
    text = _PAIR.sub(lambda found: _mask_pair(found, f"{found[1]}={MASK}"), text)
    text = _COLON_PAIR.sub(lambda found: _mask_pair(found, f"{found[1]}{found[2]}{MASK}"), text)
    text = _REPR_PAIR.sub(lambda found: _mask_pair(found, f"'{found[1]}'{found[2]}'{MASK}'"), text)
    return _JSON_PAIR.sub(lambda found: _mask_pair(found, f'"{found[1]}"{found[2]}"{MASK}"'), text)


def mask_json(value: Any, name: str = "") -> Any:
    """A JSON value called ``name`` with ``***`` for every secret in it: by the names of fields, and within texts.

    A list of texts is read as the arguments of a program or the lines of an environment.
    """
    if isinstance(value, dict):
        return {key: mask_json(item, name if is_secret(name) else str(key)) for key, item in value.items()}
    if isinstance(value, list):
        if not is_secret(name) and all(isinstance(item, str) for item in value):
            return mask_arguments(value)
        return [mask_json(item, name) for item in value]
    if value is None or value == "" or isinstance(value, bool):
        return value
    if is_secret(name):
        return MASK
    return mask_text(value) if isinstance(value, str) else value


def is_secret(name: str) -> bool:
    """Whether ``name`` is what people call a password, a token, a key or another secret."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _PLACES:
        return False
    # Words that are run together, too: dbpassword, AUTHTOKEN, apikey.
    glued = "".join(words)
    return (
        any(word in _SECRETS for word in words)
        or glued.endswith(_SECRETS)
        or any(f"{key}key" in glued for key in _KEYS)
    )


def _mask(argument: str) -> str:
    option = _OPTION.fullmatch(argument)
    if option is None:
        return mask_text(argument)
    dashes, name, value = option.groups(default="")
    return f"{dashes}{name}={_mask_value(name, value)}"


def _mask_value(name: str, value: str) -> str:
    if is_secret(name):
        return MASK
    if name in ("u", "user") and ":" in value:
        return f"{value.partition(':')[0]}:{MASK}"
    return mask_text(value)


def _mask_pair(found: re.Match[str], masked: str) -> str:
    return masked if is_secret(found[1]) else found[0]
