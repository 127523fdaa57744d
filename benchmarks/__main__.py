"""`python -m benchmarks [part ...]`: the table of ratios. Ends with 0 whether aims are met or not."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import batch, health, reads, result_size, start_up, surface, writes
from benchmarks.measuring import Row

PARTS: dict[str, Callable[[], list[Row]]] = {
    "start-up": start_up.measure,
    "reads": reads.measure,
    "writes": writes.measure,
    "health": health.measure,
    "batch": batch.measure,
    "result-size": result_size.measure,
    "surface": surface.measure,
}


def main(chosen: list[str]) -> int:
    unknown = set(chosen) - set(PARTS)
    if unknown:
        print(f"no such part: {', '.join(sorted(unknown))}; parts: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table("what", title="Ours against theirs, side by side")
    for heading in ("ours", "theirs", "ratio", "aim", "met"):
        table.add_column(heading, justify="right")
    for name in chosen or PARTS:
        console.print(f"measuring {name} …", style="dim")
        for row in PARTS[name]():
            table.add_row(*_cells(row))
        table.add_section()
    console.print(table)
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    aim = "-" if row.aim is None else f"{'≥' if row.faster else '≤'} {row.aim:g}×"
    met = {True: "yes", False: "NO", None: "-"}[row.met]
    ratio = f"{row.ratio:.2f}× faster" if row.faster else f"{row.ratio:.2f}×"
    return row.what, _amount(row.ours, row.unit), _amount(row.theirs, row.unit), ratio, aim, met


def _amount(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:,.2f}"
    return f"{number} {unit}".strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
