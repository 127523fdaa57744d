"""What happens in the demo's story, and what each answer has to say for it to have gone as told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class NotAsToldError(Exception):
    """A step of the story ended otherwise than told."""


@dataclass
class Memory:
    """What earlier steps found out."""

    flow_id: int = 0
    flow_name: str = ""
    credential_id: int = 0
    new_flow_id: int = 0
    operation: str = ""


@dataclass(frozen=True)
class Step:
    question: str
    tool: str
    arguments: Callable[[Memory], dict[str, Any]]
    conclude: Callable[[dict[str, Any], Memory], str]
    """What the answer means, in a sentence; raises NotAsToldError when it does not."""
    agrees: bool | None = None
    """What the person says who is asked; None where nobody should be asked."""


NEW_FLOW: dict[str, Any] = {
    "name": "Orders EU",
    "source": {
        "connector": "s3",
        "credential": "Acme data lake (S3)",
        "config": {"start.cron": "0 0 * * * ?", "path": "acme-data-lake/orders/eu"},
    },
    "nexsets": [{"name": "Orders EU, cleaned", "transform": "Orders, cleaned: map"}],
    "destinations": [
        {
            "name": "Orders EU in the lake",
            "connector": "s3",
            "credential": "Acme data lake (S3)",
            "config": {"path": "acme-data-lake/clean/orders", "data_format": "json"},
        }
    ],
}


def _who(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("email") != "dana@acme.example" or not answer.get("org_admin"):
        raise NotAsToldError("the login should be Dana's, an org admin")
    return f"We are {answer['user_name']}, and see {answer['resources']['flow']} flows."


def _sick(answer: dict[str, Any], memory: Memory) -> str:
    sick = [flow for flow in answer.get("flows", ()) if flow["verdict"] == "sick"]
    refused = [
        flow for flow in sick if any(item["trouble"] == "refused_credential" for item in flow.get("findings", ()))
    ]
    if not refused:
        raise NotAsToldError("a flow with a refused credential should be among the sick")
    memory.flow_id, memory.flow_name = refused[0]["flow_id"], refused[0]["name"]
    return f"{len(sick)} flows are sick. We take {memory.flow_name!r} first."


def _cause(answer: dict[str, Any], memory: Memory) -> str:
    causes = answer.get("causes") or []
    if not causes or causes[0]["trouble"] != "refused_credential":
        raise NotAsToldError("the refused credential should be named first")
    calls = [call for call in causes[0].get("next", ()) if call["tool"] == "probe_credential"]
    if not calls:
        raise NotAsToldError("the diagnosis should send us to probe the credential")
    memory.credential_id = calls[0]["arguments"]["credential"]
    return "The likeliest cause is a login that the third party refuses."


def _logs(answer: dict[str, Any], _: Memory) -> str:
    errors = sum(line["count"] for line in answer.get("lines", ()) if line["severity"] == "ERROR")
    if not errors:
        raise NotAsToldError("the failed run should have ERROR lines")
    return f"{errors} error lines in the failed run say the same."


def _refused(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("state") != "refused":
        raise NotAsToldError("the credential should be refused")
    return "Refused just now: this needs a new password, not a restart."


def _access(answer: dict[str, Any], _: Memory) -> str:
    who = sorted({grant["who"] for grant in answer.get("grants", ())})
    if not who:
        raise NotAsToldError("somebody should have access")
    return f"Tell them: {', '.join(who)}."


def _planned(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("state") != "planned" or not answer.get("steps"):
        raise NotAsToldError("a dry run should show the plan")
    return f"{len(answer['steps'])} steps, and nothing was done. The user reads it and says: go on."


def _built(answer: dict[str, Any], memory: Memory) -> str:
    if answer.get("state") != "done" or answer.get("verified") != "verified":
        raise NotAsToldError("the flow should be built, and its first run seen to move records")
    memory.operation = answer["operation"]
    return "Built, activated, and its first run moved records to the very end. The receipt knows how to undo it."


def _unchanged(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("state") != "unchanged":
        raise NotAsToldError("the same spec again should change nothing")
    return "The same spec again changes nothing: safe to repeat in CI."


def _seen(answer: dict[str, Any], memory: Memory) -> str:
    if not all(node.get("records") for node in answer.get("nodes", ())):
        raise NotAsToldError("every node should have moved records")
    memory.new_flow_id = answer["flow_id"]
    return "Each node moved records in the first run."


def _first_logs(answer: dict[str, Any], _: Memory) -> str:
    if not answer.get("lines") or any(line["severity"] == "ERROR" for line in answer["lines"]):
        raise NotAsToldError("the first run should have log lines, and no errors")
    return "No errors in the first run."


def _granted(answer: dict[str, Any], _: Memory) -> str:
    done = [step for step in answer.get("steps", ()) if step.get("state") == "done"]
    if answer.get("state") != "done" or not done:
        raise NotAsToldError("the team should have been granted access")
    return f"The team reaches all {len(done)} parts now: none of them inherits from another."


def _declined(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("state") != "not_confirmed":
        raise NotAsToldError("nothing should be deleted without a person's word")
    return "The gate held: a person was asked to type the name, declined, and nothing happened."


def _undone(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("state") != "done":
        raise NotAsToldError("the undo should have gone through")
    return "Paused, then deleted from the ends upwards: only what this operation had made."


def _gone(answer: dict[str, Any], _: Memory) -> str:
    if answer.get("rows"):
        raise NotAsToldError("nothing of the new flow should be left")
    return "Nothing of it is left. The account is as it was."


STEPS = (
    Step("Who am I?", "whoami", lambda _: {}, _who),
    Step("What is wrong this morning?", "run_health_check", lambda _: {"only_problems": True}, _sick),
    Step("Why did that flow fail?", "diagnose_flow", lambda memory: {"flow": memory.flow_id}, _cause),
    Step(
        "What do the logs of the failed run say?",
        "fetch_logs",
        lambda memory: {"resource": memory.flow_id, "run": "latest_failed", "severity": "ERROR"},
        _logs,
    ),
    Step(
        "Is the login really refused?",
        "probe_credential",
        lambda memory: {"credential": memory.credential_id},
        _refused,
    ),
    Step(
        "Who has access and should know?",
        "list_access",
        lambda memory: {"type": "flow", "resource": memory.flow_id, "whole_flow": True},
        _access,
    ),
    Step(
        "Deploy a new flow for the European orders. First the plan.",
        "create_flow",
        lambda _: {**NEW_FLOW, "dry_run": True},
        _planned,
    ),
    Step("Go on.", "create_flow", lambda _: NEW_FLOW, _built),
    Step("And if CI runs the same spec again?", "create_flow", lambda _: NEW_FLOW, _unchanged),
    Step("What did its first run move?", "get_flow", lambda _: {"flow": NEW_FLOW["name"]}, _seen),
    Step(
        "And its logs?",
        "fetch_logs",
        lambda memory: {"resource": memory.new_flow_id, "run": "latest"},
        _first_logs,
    ),
    Step(
        "Give the finance team access to the whole pipeline.",
        "grant_access",
        lambda memory: {
            "type": "flow",
            "resources": [memory.new_flow_id],
            "to": "team",
            "who": "Finance Analytics",
            "whole_flow": True,
        },
        _granted,
    ),
    Step(
        "Delete that flow.",
        "delete_resource",
        lambda memory: {"type": "flow", "resource": memory.new_flow_id},
        _declined,
        agrees=False,
    ),
    Step(
        "Rather undo its creation: that is in the receipt.",
        "control_operation",
        lambda memory: {"operation": memory.operation, "action": "undo"},
        _undone,
        agrees=True,
    ),
    Step(
        "Is anything left of it?",
        "search_resources",
        lambda _: {"types": ["source", "nexset", "destination"], "name": NEW_FLOW["name"]},
        _gone,
    ),
)
