"""The answer of `suggest_docs` when it only suggests."""

from __future__ import annotations

from nexla_mcp.domain.results.base import Result


class DocsSuggestion(Result):
    """A description that the platform's language model wrote, beside the present one. Nothing was changed.

    Attributes:
        type: Of the resource whose description it would be; of a flow that is its source.
        id: Its id.
        name: Its name.
        present: The description that it has; None where it has none.
        suggested: What the model wrote.
    """

    type: str
    id: int
    name: str | None = None
    present: str | None = None
    suggested: str

    def shortened(self, room: int) -> DocsSuggestion:
        if len(self.suggested) <= room and len(self.present or "") <= room:
            return self
        return self.model_copy(
            update={
                "suggested": self.suggested[:room],
                "present": self.present[:room] if self.present else None,
                "truncated": True,
            }
        )
