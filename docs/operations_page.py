"""docs/operations.md: for each operation of the published contract, how it is reached."""

from __future__ import annotations

from nexla_mcp.adapter.endpoints import SDK_ONLY
from nexla_mcp.contract.operations import operations

HEAD = """\
# Every operation of the contract

Each operation of Nexla's published REST contract, and how an assistant reaches it: by a typed tool, which does it with
checks of its own; by `call_operation`; or not at all, and why. `find_operation` searches the same table. The risk says
who has to agree: see [confirmation.md](confirmation.md).
"""


def page() -> str:
    published = [operation for name, operation in operations().items() if name not in SDK_ONLY]
    typed = sum(bool(operation.way.tools and not operation.way.refused) for operation in published)
    refused = sum(bool(operation.way.refused) for operation in published)
    rest = len(published) - typed - refused
    told = (
        f"{len(published)} operations: {typed} by typed tools, {rest} by `call_operation` alone, {refused} refused.\n"
    )
    lines = [HEAD, told, "| operation | method and path | way | risk |", "| --- | --- | --- | --- |"]
    for operation in published:
        way = operation.way
        tools = ", ".join(f"`{name}`" for name in way.tools)
        how = f"refused: {way.refused}" if way.refused else tools or "`call_operation`"
        path = f"{operation.endpoint.method} {operation.endpoint.template}"
        lines.append(f"| `{operation.name}` | `{path}` | {how} | {way.risk.value} |")
    return "\n".join(lines) + "\n"
