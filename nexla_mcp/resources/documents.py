"""The pages served as `nexla://docs/{name}`, read from `texts/`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from nexla_mcp.resources.front_matter import refuse_other_keys, split_front_matter, text_fact

_KEYS = frozenset({"name", "title", "description"})


@dataclass(frozen=True)
class Document:
    """One page. `name` is the last part of its URI and the name of its file."""

    name: str
    title: str
    description: str
    text: str
    """Markdown without the front matter, beginning with its heading."""


def load_documents() -> list[Document]:
    """Every page, by name.

    Raises:
        Failure: `internal`, when a page that came with the package cannot be read.
    """
    texts = files("nexla_mcp.resources") / "texts"
    pages = sorted((page for page in texts.iterdir() if page.name.endswith(".md")), key=lambda page: page.name)
    return [read_document(page.read_text(encoding="utf-8"), page.name) for page in pages]


def read_document(text: str, origin: str) -> Document:
    """A page from the whole text of its file.

    Raises:
        Failure: `internal`, when its front matter lacks something or has something unknown.
    """
    facts, body = split_front_matter(text, origin)
    refuse_other_keys(facts, _KEYS, origin)
    return Document(
        name=text_fact(facts, "name", origin),
        title=text_fact(facts, "title", origin),
        description=text_fact(facts, "description", origin),
        text=body,
    )
