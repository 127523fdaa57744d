"""Words of the code of transforms."""

from __future__ import annotations

from enum import Enum


class Language(str, Enum):
    """Of a script. `python` is the API's older word for it."""

    PYTHON = "python3"
    JAVASCRIPT = "javascript"


class Output(str, Enum):
    """What a transform makes: whole records, or one attribute."""

    RECORD = "record"
    ATTRIBUTE = "attribute"
