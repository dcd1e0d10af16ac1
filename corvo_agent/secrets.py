"""Secrets on a command line and in other texts, masked before they are shown, logged or stored.

A guess by names: the value of an option or variable whose name speaks of a secret, the password in a URL or behind
``--user NAME:``, an ``Authorization:`` header; and by shapes: signed tokens, private keys, keys of well-known services.
Masking too much does less harm than too little, but a name such as
``--token-file`` says where a secret lies, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
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
# Of these only the whole word: a compass is none.
_WORDS = ("pass", "auth", "authorization", "cookie", "cookies", "sig")
_KEYS = ("api", "access", "private", "secret", "signing", "encryption", "account")
_PLACES = ("file", "path", "dir", "url", "uri", "endpoint", "name", "type", "ttl", "timeout", "env")
# Characters of a name that is remembered once it was judged.
_KEPT_NAME = 200
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

# Each begins where a name can begin, so that they take time in proportion to the text, which may be a whole program.
_OPTION = re.compile(r"(--?)?([A-Za-z_][\w.-]*)=(.*)", re.DOTALL)
# A password may have slashes; what looks like a port has a path behind it.
_URL_PASSWORD = re.compile(r"(?<![A-Za-z])([A-Za-z][\w+.-]{0,63}://[^/\s:@]{0,256}):(?!\d{1,5}[/?#])[^\s\"'<>]{1,512}@")
# A user without a password is mostly a token.
_URL_TOKEN = re.compile(r"(?<![A-Za-z])(https?://)[^/\s:@\"'<>]{1,512}@")
_WEBHOOK = re.compile(r"(hooks\.slack\.com/(?:services|workflows|triggers)/)[\w/-]+")
_HEADER = re.compile(r"((?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(\s*:\s*)\S.*", re.IGNORECASE | re.DOTALL)
_NAMED_HEADER = re.compile(r"(-{0,2}[A-Za-z_][\w-]*)(:\s*)\S.*", re.DOTALL)
# An option with its value in the midst of a command, as behind "sh -c".
_INNER_OPTION = re.compile(r"(?<!\S)(--?[A-Za-z][\w.-]*)(\s+)(?!-)(?:'[^']*'|\"[^\"]*\"|\S+)")
_PAIR = re.compile(r"(?<![\w.-])([\w.-]+)=(?:'[^']*'|\"[^\"]*\"|[^&\s;,]+)")
# As people write it in a sentence or in YAML: "password: hunter2".
_COLON_PAIR = re.compile(r"(?<![\w.-])([\w-]{1,64})(:\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;&'\"/*][^\s,;&]*)")
_JSON_PAIR = re.compile(r"\"([\w.-]+)\"(\s*:\s*)(?:\"(?:[^\"\\]|\\.)*\"|[\w.+-]+)")
# With spaces, as in a configuration, or an arrow, as Ruby and PHP write it.
_SPACED_PAIR = re.compile(
    r"(?<![\w.-])([\w.-]{1,64})(\s{0,8}=>\s{0,8}|\s{1,8}=\s{0,8}|=\s{1,8})(?:'[^']*'|\"[^\"]*\"|[^\s;,&]+)"
)
# JSON within JSON.
_ESCAPED_PAIR = re.compile(r'(?<!\\)(\\{1,16})"([\w.-]{1,64})\1"(\s*:\s*)\1"(?:(?!\1").)*\1"')
# A variable as Kubernetes lists it.
_NAMED_VALUE = re.compile(r'("name"\s*:\s*"([\w.-]{1,128})"\s*,\s*"value"\s*:\s*)"(?:[^"\\]|\\.)*"')
# Programs whose options for a password are none of the usual names.
_MYSQL = re.compile(r"(\b(?:mysql\w*|mariadb\w*)\s(?:\S+\s+){0,20}?-p)(?=\S)(?!-)\S+")
_REDIS = re.compile(r"(\bredis-cli\s(?:\S+\s+){0,20}?-a\s+)\S+")
# As Python writes a dict.
_REPR_PAIR = re.compile(r"'([\w.-]+)'(\s*:\s*)(?:b?'(?:[^'\\]|\\.)*'|b?\"(?:[^\"\\]|\\.)*\"|[\w.+-]+)")
# What is a secret wherever it stands: signed tokens, keys of well-known services, private keys.
_TOKEN = re.compile(
    r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{20,}"
    r"|\bxox[abeoprs]-[\w-]{10,}|\bAIza[\w-]{35}|\bnpm_\w{36}|\bsk-[\w-]{20,}"
    r"|\b[rs]k_(?:live|test)_\w{10,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bhv[bs]\.[\w-]{20,}|\bpypi-[\w-]{20,}"
)
_SCHEME = re.compile(r"\b(bearer|basic)(\s+)(?=[A-Za-z._~+/-]{0,256}[\d=])[\w.~+/=-]{6,}", re.IGNORECASE)
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----).*?(?:-----END [A-Z ]{0,32}PRIVATE KEY(?: BLOCK)?-----|\Z)",
    re.DOTALL,
)


def mask_arguments(arguments: Sequence[str]) -> list[str]:
    """``arguments`` of a process, with ``***`` where a secret stood."""
    masked: list[str] = []
    option = ""
    program = arguments[0].rpartition("/")[2] if arguments else ""
    for argument in arguments:
        if program.startswith(("mysql", "mariadb")) and argument.startswith("-p") and len(argument) > 2:
            masked.append(f"-p{MASK}")
            continue
        # A password may begin with a dash; two of them are an option.
        if program == "redis-cli" and option == "a":
            masked.append(MASK)
            option = ""
        elif option and not argument.startswith("--" if is_secret(option) else "-"):
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
    text = _URL_TOKEN.sub(rf"\1{MASK}@", text)
    text = _WEBHOOK.sub(rf"\1{MASK}", text)
    text = _MYSQL.sub(rf"\1{MASK}", text)
    text = _REDIS.sub(rf"\1{MASK}", text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    text = _INNER_OPTION.sub(lambda found: _mask_pair(found, f"{found[1]}{found[2]}{MASK}"), text)
    text = _PAIR.sub(lambda found: _mask_pair(found, f"{found[1]}={MASK}"), text)
    text = _COLON_PAIR.sub(lambda found: _mask_pair(found, f"{found[1]}{found[2]}{MASK}"), text)
    text = _SPACED_PAIR.sub(lambda found: _mask_pair(found, f"{found[1]}{found[2]}{MASK}"), text)
    text = _ESCAPED_PAIR.sub(_mask_escaped, text)
    text = _NAMED_VALUE.sub(lambda found: f'{found[1]}"{MASK}"' if is_secret(found[2]) else found[0], text)
    text = _REPR_PAIR.sub(lambda found: _mask_pair(found, f"'{found[1]}'{found[2]}'{MASK}'"), text)
    return _JSON_PAIR.sub(lambda found: _mask_pair(found, f'"{found[1]}"{found[2]}"{MASK}"'), text)


def mask_json_text(text: str, name: str = "") -> str:
    """The JSON ``text`` of a variable called ``name``, with ``***`` for every secret in it.

    Numbers stay, whatever they are called: variables count tokens and keys. A text without a secret comes back as it
    is, byte for byte.
    """
    # Late: processes that ask for nothing do not need it.
    import json

    try:
        value = json.loads(text)
        masked = mask_json(value, name, numbers=False)
        return text if masked == value else json.dumps(masked, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return mask_text(text)


def mask_json(value: Any, name: str = "", *, numbers: bool = True) -> Any:
    """A JSON value called ``name`` with ``***`` for every secret in it: by the names of fields, and within texts.

    A list of texts is read as the arguments of a program or the lines of an environment. Without ``numbers`` these are
    no secrets.
    """
    if isinstance(value, dict):
        named = value.get("name")
        if isinstance(named, str) and is_secret(named) and isinstance(value.get("value"), str):
            # A variable as Kubernetes lists it.
            value = {**value, "value": MASK}
        inside = name if is_secret(name) else ""
        return {key: mask_json(item, inside or str(key), numbers=numbers) for key, item in value.items()}
    if isinstance(value, list):
        if not is_secret(name) and all(isinstance(item, str) for item in value):
            return mask_arguments(value)
        return [mask_json(item, name, numbers=numbers) for item in value]
    if value is None or value == "" or isinstance(value, bool) or not (numbers or isinstance(value, str)):
        return value
    if is_secret(name):
        return MASK
    return mask_text(value) if isinstance(value, str) else value


def is_secret(name: str) -> bool:
    """Whether ``name`` is what people call a password, a token, a key or another secret."""
    # Thousands of names that strangers made a megabyte long are not kept.
    return _is_secret(name) if len(name) <= _KEPT_NAME else _is_secret.__wrapped__(name)


@lru_cache(4096)
def _is_secret(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _PLACES:
        return False
    # Words that are run together, too: dbpassword, AUTHTOKEN, apikey.
    glued = "".join(words)
    return (
        any(word in _SECRETS or word in _WORDS for word in words)
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


def _mask_escaped(found: re.Match[str]) -> str:
    quote = f'{found[1]}"'
    return f"{quote}{found[2]}{quote}{found[3]}{quote}{MASK}{quote}" if is_secret(found[2]) else found[0]


def _mask_pair(found: re.Match[str], masked: str) -> str:
    return masked if is_secret(found[1]) else found[0]
