"""What a route handler gets and gives. Each module in `routes` lists its handlers in `ROUTES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox.errors import Refusal, invalid
from nexla_mcp.sandbox.paging import PagingRules

if TYPE_CHECKING:
    from nexla_mcp.sandbox.world import World

_ID_DIGITS = 18


@dataclass(frozen=True)
class Principal:
    """Whom the bearer token speaks for."""

    user_id: int
    org_id: int
    is_org_admin: bool = False


@dataclass(frozen=True)
class Call:
    """One authenticated request. `path` holds the template's parameters as text."""

    world: World
    principal: Principal
    method: str
    route: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """Without its query."""
    paging: PagingRules = field(default_factory=PagingRules)
    """For the handlers that cut pages themselves."""

    def id(self, name: str) -> int:
        """An integer path parameter; a 404 where it is none, since no such resource can exist."""
        text = self.path[name]
        if not text.isascii() or not text.isdigit() or len(text) > _ID_DIGITS:
            raise Refusal(404, f"{text[:40]} not found")
        return int(text)

    def flag(self, name: str) -> bool:
        """A boolean query parameter in any of the spellings seen: 1, true, True (contract 7)."""
        return self.query.get(name, "").lower() in {"1", "true", "yes"}

    def integer(self, name: str, default: int | None = None) -> int | None:
        text = self.query.get(name)
        if text is None or not text.strip():
            return default
        try:
            value = int(text)
        except ValueError:
            raise invalid(f"{name} must be an integer", field=name) from None
        if abs(value) >= 10**_ID_DIGITS:
            raise invalid(f"{name} is out of range", field=name)
        return value

    def fields(self) -> dict[str, Any]:
        """The JSON object of the body, or a 400."""
        if not isinstance(self.body, dict):
            raise invalid("the request body must be a JSON object")
        return self.body


@dataclass(frozen=True)
class Reply:
    """An answer that needs more than a JSON body with status 200."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    paged: bool = True
    """Whether a list body is cut by page/per_page and gets the paging headers (contract 2.1)."""


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Route:
    """`template` is spelled as in the published OpenAPI where it has the operation."""

    method: str
    template: str
    handler: Handler
    authenticated: bool = True
