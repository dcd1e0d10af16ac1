"""Who calls: known for as long as the call is answered, wherever its answer is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from ..errors import NotAuthorized
from ..modules.selectors.labels import parse_label_selector
from .roles import Role


@dataclass(frozen=True, slots=True)
class Caller:
    """One that calls, and may what ``role`` may, with the Modules that ``selector`` selects ("": all of them).

    ``address`` is where the present call comes from.
    """

    name: str
    role: Role
    selector: str = ""
    address: str = field(default="", compare=False)

    def require(self, role: Role) -> None:
        """Pass when it has ``role``; raises NotAuthorized."""
        if self.role < role:
            raise NotAuthorized(self.name, role.text, f"it takes the role {role.text}, {self.name} is {self.role.text}")

    def require_module(self, labels: Mapping[str, str]) -> None:
        """Pass when a Module with these labels is one of its own; raises NotAuthorized."""
        selects = parse_label_selector(self.selector)
        if selects is not None and not selects(labels):
            raise NotAuthorized(self.name, self.role.text, f"{self.name} is limited to modules with {self.selector}")

    def limited(self, selector: str) -> str:
        """A selector of what ``selector`` selects of the Modules that are its own."""
        return ",".join(part for part in (selector, self.selector) if part.strip())


#: Whom no token is asked from.
ANYONE = Caller("anyone", Role.ADMIN)

_caller: ContextVar[Caller] = ContextVar("corvo_caller", default=ANYONE)


def current_caller() -> Caller:
    """Whose call is being answered; tasks begun for it have the same. ANYONE outside of one."""
    return _caller.get()


def asker() -> tuple[str, str]:
    """What tells those apart whose calls are answered: the caller's name and address."""
    caller = current_caller()
    return caller.name, caller.address


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """In here the call of ``caller`` is being answered."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)
