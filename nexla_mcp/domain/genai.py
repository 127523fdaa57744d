"""Words of language models in Nexla (contract 4)."""

from __future__ import annotations

from enum import Enum


class GenAiProvider(str, Enum):
    OPENAI = "genai_openai"
    GOOGLE = "genai_googleai"


class GenAiUsage(str, Enum):
    """What an org uses a language model for."""

    ALL = "all"
    DOCS = "gen_docs"
    CODE = "check_code"


class Documented(str, Enum):
    """What the platform writes a description of."""

    NEXSET = "nexset"
    FLOW = "flow"
