"""What can be chosen when a sandbox is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class SandboxOptions:
    """`db` None keeps everything in memory. Latency in milliseconds, token lifetime in seconds."""

    seed: Literal["acme", "empty"] = "acme"
    db: Path | None = None
    port: int = 0
    latency_ms: int = 0
    token_ttl: int = 3600
    single_session: bool = False
    """Whether a new token of a key revokes the previous one (contract 1.1 leaves it open)."""
    random_seed: int = 7
