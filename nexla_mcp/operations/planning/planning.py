"""What every plan is made from: the account, who acts, and the operations that went before."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from nexla_mcp.adapter.models import User
from nexla_mcp.adapter.nexla import Nexla
from nexla_mcp.safety.ledger import Ledger


@dataclass(frozen=True)
class Principal:
    """Whom the login speaks for."""

    user_id: int
    email: str | None
    org_id: int | None
    org: str | None
    host: str

    @classmethod
    def of(cls, user: User, api_url: str) -> Principal:
        org = user.org or user.default_org
        host = urlsplit(api_url).netloc
        return cls(user.id, user.email, org.id if org else None, org.name if org else None, host)

    @property
    def key(self) -> str:
        """As the name of a directory."""
        return f"user-{self.user_id}-org-{self.org_id or 0}"

    def __str__(self) -> str:
        return f"{self.email or f'user {self.user_id}'} of {self.org or f'org {self.org_id}'}"


@dataclass(frozen=True)
class Planning:
    nexla: Nexla
    principal: Principal
    ledger: Ledger
