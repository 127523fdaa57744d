"""What the adapter did, for `doctor`, benchmarks and tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Statistics:
    """Counts since the adapter was made. Requests count every one on the wire, tokens among them."""

    calls: int = 0
    requests: int = 0
    token_fetches: int = 0
    retries: int = 0
    throttled: int = 0
