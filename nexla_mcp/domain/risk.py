"""How much harm a change can do at worst."""

from __future__ import annotations

from enum import Enum


class Risk(str, Enum):
    """What a tool, or one plan of it, may do to an account at worst."""

    READ = "read"
    WRITE = "write"
    """Only adds, or is put back as easily as it was done."""
    DISRUPTIVE = "disruptive"
    """Stops or reroutes running data."""
    DESTRUCTIVE = "destructive"
    """Cannot be put back, or changes for good who sees what."""
