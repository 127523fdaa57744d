"""Plans for tests that need one, and any plan at all for properties."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from nexla_mcp.domain.markers import output_of
from nexla_mcp.domain.plans import Act, Plan, Step, Target
from nexla_mcp.domain.resources import ResourceType
from nexla_mcp.domain.risk import Risk


def plan(**changes: Any) -> Plan:
    """A small plan, with these fields otherwise."""
    given: dict[str, Any] = {
        "tool": "create_source",
        "principal": "dana@acme.example of Acme",
        "risk": Risk.WRITE,
        "summary": "Create a source.",
        "steps": (Step(key="source", action="create", arguments={"type": "source"}, says="create it"),),
    }
    return Plan(**{**given, **changes})


WORDS = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
ACTS = st.builds(Act, action=WORDS, arguments=st.dictionaries(WORDS, JSON, max_size=3))
STEPS = st.builds(
    Step,
    key=WORDS,
    action=WORDS,
    arguments=st.dictionaries(WORDS, JSON | WORDS.map(output_of), max_size=3),
    says=WORDS,
    undo=st.none() | ACTS,
)
MAYBE = st.none() | WORDS
MANY = st.lists(WORDS, max_size=3).map(tuple)
TARGETS = st.builds(
    Target,
    type=st.sampled_from(ResourceType),
    id=st.integers(1, 10**6),
    name=MAYBE,
    owner=MAYBE,
    status=MAYBE,
    config=MAYBE,
    shared_with=MANY,
)
SOME_TARGETS = st.lists(TARGETS, max_size=2).map(tuple)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "version": st.integers(1, 5),
    "tool": WORDS,
    "arguments": st.dictionaries(WORDS, JSON, max_size=3),
    "principal": WORDS,
    "risk": st.sampled_from(Risk),
    "summary": WORDS,
    "steps": st.lists(STEPS, max_size=3).map(tuple),
    "targets": SOME_TARGETS,
    "affected": SOME_TARGETS,
    "also": MANY,
    "existing": SOME_TARGETS,
    "cannot_be_put_back": MANY,
    "rebuild": st.booleans(),
    "snapshot": st.none() | st.dictionaries(WORDS, JSON, max_size=3),
    "notes": MANY,
    "locks": MANY,
    "undo_on_failure": st.booleans(),
    "of": MAYBE,
    "resumes": MAYBE,
    "type_to_confirm": MAYBE,
}
"""Every field of a plan, and what may be in it."""
PLANS = st.builds(Plan, **FIELDS)
