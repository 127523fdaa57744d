"""What the recipes said and called when they were recorded, one file each."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

RECORDS = Path(__file__).parent


@dataclass(frozen=True)
class Line:
    """One line of a conversation: what the person says, is asked and agrees to, or a tool call."""

    person: str | None = None
    asked: str | None = None
    tool: str | None = None
    arguments: str | None = None
    answer: str | None = None
    """Its first line."""
    bytes: int = 0
    """Of the whole answer, text and structure."""


@dataclass(frozen=True)
class Record:
    """One recipe."""

    name: str
    title: str
    told: str
    lines: list[Line]

    @property
    def calls(self) -> int:
        return sum(line.tool is not None for line in self.lines)

    @property
    def bytes(self) -> int:
        return sum(line.bytes for line in self.lines)

    def write(self, folder: Path) -> None:
        content = asdict(self)
        content["lines"] = [{key: value for key, value in asdict(line).items() if value} for line in self.lines]
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{self.name}.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**content, "lines": [Line(**line) for line in content["lines"]]})

    @classmethod
    def all(cls) -> list[Record]:
        return [cls.read(file) for file in sorted(RECORDS.glob("*.json"))]
