"""What the parent of quick copies imports once, so that each of them starts in milliseconds."""

from __future__ import annotations

import filelock
import nexla_sdk
import requests

import nexla_mcp.adapter.nexla
import nexla_mcp.cli.app
import nexla_mcp.cli.call
import nexla_mcp.composition
import nexla_mcp.operations.planning.deploying
import nexla_mcp.operations.receipts
import tests.matrix.faulty

__all__ = ["filelock", "nexla_mcp", "nexla_sdk", "requests", "tests"]
