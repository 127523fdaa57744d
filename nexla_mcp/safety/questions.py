"""A plan in words for the person who has to agree to it. Only what the digest covers, so that it never varies."""

from __future__ import annotations

from nexla_mcp.domain.plans import Plan, Target
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.text import clean_text
from nexla_mcp.safety.people import Question, as_typed
from nexla_mcp.safety.untrusted import quoted, unmarked

MOST_LISTED = 12


def question_about(plan: Plan) -> Question:
    lines = [plan.summary]
    lines += ["It would:", *_some(tuple(step.says for step in plan.steps))]
    lines += _listed("On", plan.targets)
    lines += _listed("Acts on what is downstream, too", plan.affected)
    if plan.also:
        lines.append("Others depend on it:")
        lines += _some(plan.also)
    if plan.cannot_be_put_back:
        lines.append("Cannot be put back:")
        lines += _some(plan.cannot_be_put_back)
    lines += [f"Note: {note}" for note in plan.notes]
    lines.append(f"As {plan.principal}.")
    typed = _to_type(plan) if plan.risk is Risk.DESTRUCTIVE else None
    lines.append(f'To agree, type its name: "{typed}"' if typed is not None else "Do you agree?")
    return Question("\n".join(map(_on_one_line, lines)), typed)


def _on_one_line(text: str) -> str:
    """Whoever named a resource or a team adds no line to the question."""
    return unmarked(clean_text(text, None).replace("\n", " "))


def _to_type(plan: Plan) -> str:
    """The target's name; a name that shows as nothing is no hurdle, so then type and id, or else the tool."""
    names = (plan.type_to_confirm, *(str(target) for target in plan.targets[:1]), plan.tool)
    return next(name for name in map(as_typed, names) if name)


def _listed(heading: str, targets: tuple[Target, ...]) -> list[str]:
    if not targets:
        return []
    return [f"{heading}:", *_some(tuple(_line(target) for target in targets))]


def _line(target: Target) -> str:
    parts = [f"{target} {quoted(target.name)}", target.status, f"owner {target.owner}" if target.owner else None]
    if target.shared_with:
        parts.append("shared with " + ", ".join(quoted(who) for who in target.shared_with))
    return ", ".join(part for part in parts if part)


def _some(lines: tuple[str, ...]) -> list[str]:
    shown = [f"- {line}" for line in lines[:MOST_LISTED]]
    return shown + ([f"- and {len(lines) - MOST_LISTED} more"] if len(lines) > MOST_LISTED else [])
