"""Plan of `suggest_docs` with a text: the description that is written, and the one that is put back."""

from __future__ import annotations

from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.genai import Documented
from nexla_mcp.domain.plans import Act, Plan, Step
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.text import clean_text
from nexla_mcp.operations.configuration import digest_of_model, target_of
from nexla_mcp.operations.planning.planning import Planning
from nexla_mcp.operations.planning.settling import settled
from nexla_mcp.operations.planning.survey import name_lock
from nexla_mcp.operations.suggested_docs import described
from nexla_mcp.safety.untrusted import cleaned, quoted

LONGEST = 20_000
SHOWN = 300


async def plan_docs(planning: Planning, kind: Documented, identifier: int, text: str) -> Plan:
    """Sets the description of a nexset, or of the source of a flow.

    Raises:
        Failure: `bad_input` for a text that is empty or too long.
    """
    text = cleaned(text).strip()
    if not text or len(text) > LONGEST:
        raise Failure.of(
            ErrorCode.BAD_INPUT, f"apply: a description has 1 to {LONGEST:,} characters. Nothing was done."
        )
    await settled(planning, {f"{kind.value}:{identifier}"})
    of, row = await described(planning.nexla, kind, identifier)
    target = target_of(of, row)
    where = {"type": of.value, "id": row.id}
    step = Step(
        key="describe",
        action="update",
        arguments={**where, "body": {"description": text}, "expects": digest_of_model(row)},
        says=f"set the description of {target} {quoted(target.name)}",
        undo=Act(action="update", arguments={**where, "body": {"description": row.description}}),
    )
    done = (row.description or "").strip() == text
    return Plan(
        tool="suggest_docs",
        arguments={"type": kind.value, "resource": identifier, "apply": text},
        principal=str(planning.principal),
        # What people read gives way to what a language model wrote: somebody has to agree to that.
        risk=Risk.WRITE if done else Risk.DISRUPTIVE,
        summary=f"{target} {quoted(target.name)} is described like that already, nothing to do."
        if done
        else f"Describe {target} {quoted(target.name)}: {quoted(clean_text(text, SHOWN))}.",
        steps=() if done else (step,),
        targets=(target,),
        also=(f"the present description goes: {quoted(clean_text(row.description, SHOWN))}",)
        if row.description and not done
        else (),
        locks=(f"{kind.value}:{identifier}", f"{of.value}:{row.id}", name_lock(of, row.name)),
    )
