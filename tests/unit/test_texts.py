"""What the pages say has to be true of the tools, the error codes and the published contract."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from nexla_mcp.cli.exit_codes import ExitCode, exit_code_for
from nexla_mcp.domain.errors import ErrorCode, Failure
from nexla_mcp.domain.risk import Risk
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.resources.documents import Document, load_documents, read_document
from nexla_mcp.resources.prompts import load_prompts
from nexla_mcp.safety.gate import Confirm
from nexla_mcp.settings import Settings
from nexla_mcp.tools.registry import all_tools

ROOT = Path(__file__).parents[2]
PAGES = {"concepts", "how-flows-work", "error-catalog", "runbook", "access-roles", "tool-guide", "changes"}
TOOLS = {
    "whoami",
    "search_resources",
    "get_resource",
    "get_flow",
    "describe_connector",
    "get_samples",
    "probe_credential",
    "run_health_check",
    "get_metrics",
    "fetch_logs",
    "diagnose_flow",
    "list_access",
    "create_credential",
    "create_source",
    "create_destination",
    "create_flow",
    "activate",
    "pause",
    "delete_resource",
    "grant_access",
    "get_operation",
    "control_operation",
    "rotate_credential",
    "create_nexset",
    "create_transform",
    "preview_transform",
    "update_resource",
    "revoke_access",
    "find_operation",
    "call_operation",
    "export_flow",
    "copy_flow",
    "migrate_schema",
    "run_batch",
    "check_readiness",
    "compare_environments",
    "check_sla",
    "compare_runs",
    "send_alert",
    "audit_changes",
    "replace_access",
    "check_data_quality",
    "send_webhook_records",
    "start_task",
    "get_task",
    "manage_task",
    "suggest_docs",
    "configure_genai",
    "manage_project",
    "manage_team",
    "manage_lookup",
    "decide_approval",
    "manage_notifications",
    "list_org_members",
}
VERBS = {word.split("_")[0] for word in TOOLS} | {
    *("activate", "pause", "create", "update", "delete", "copy", "deploy", "rotate", "migrate", "share", "grant"),
    *("revoke", "undo", "add", "remove", "replace", "check", "compare", "sample", "explain", "watch"),
}
NOT_TOOLS = {"run_id", "run_plan", "run_health_check", "sample_record"}
"""Words that begin like a tool and are something else."""
FROM_THE_SDK = {
    "/flows/{}/logs",
    "/flows/{}/logs_v2",
    "/flows/{}/run_status/{}",
    "/{}/{}/flow/logs",
    "/{}/{}/flow/metrics",
    "/health/flow/{}",
    "/health/org/all",
    "/health/org/flows",
    "/data_sets/{}/docs",
}
"""Paths that nexla-sdk calls and the published contract lacks."""

DOCUMENTS = {document.name: document for document in load_documents()}
PROMPTS = {prompt.name: prompt for prompt in load_prompts()}
SERVED = {
    **{name: page.text for name, page in DOCUMENTS.items()},
    **{name: item.body for name, item in PROMPTS.items()},
}
FOR_PEOPLE = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
}
every_served_text = pytest.mark.parametrize("name", sorted(SERVED))
every_page = pytest.mark.parametrize("page", DOCUMENTS.values(), ids=list(DOCUMENTS))


def code_in(text: str) -> list[str]:
    """Every inline code span, also one that is broken over two lines."""
    without_blocks = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", without_blocks)]


def calls_in(text: str) -> list[ast.Call]:
    """Every inline code span that reads as a call, e.g. `get_flow(flow=ID)`."""
    spans = [span for span in code_in(text) if re.fullmatch(r"\w+\(.*\)", span)]
    calls = [ast.parse(span, mode="eval").body for span in spans]
    return [call for call in calls if isinstance(call, ast.Call)]


def test_the_promised_pages_are_there() -> None:
    assert set(DOCUMENTS) == PAGES


@every_page
def test_a_page_is_named_as_its_file_and_begins_with_its_title(page: Document) -> None:
    assert (ROOT / "nexla_mcp/resources/texts" / f"{page.name}.md").is_file()
    assert page.text.startswith(f"# {page.title}\n")
    assert page.description.endswith(".")
    assert "\n" not in page.description


@every_served_text
def test_only_tools_that_exist_are_named(name: str) -> None:
    words = {word for span in code_in(SERVED[name]) for word in re.findall(r"^\w+", span)}
    words = {word for word in words if "_" in word and word.split("_")[0] in VERBS} - NOT_TOOLS
    assert words <= TOOLS


def test_the_list_of_tools_is_the_product_s() -> None:
    assert {spec.name for spec in all_tools()} == TOOLS


def test_the_guide_names_every_tool() -> None:
    assert set(code_in(DOCUMENTS["tool-guide"].text)) >= TOOLS


@every_served_text
def test_calls_use_arguments_and_values_that_exist(name: str) -> None:
    schemas = {spec.name: spec.arguments.schema()["properties"] for spec in all_tools()}
    for call in calls_in(SERVED[name]):
        assert isinstance(call.func, ast.Name)
        assert call.func.id in schemas
        assert not call.args, "arguments of tools have names"
        for keyword in call.keywords:
            assert keyword.arg in schemas[call.func.id], ast.unparse(call)
            allowed = _values(schemas[call.func.id][keyword.arg])
            for value in ast.walk(keyword.value):
                if allowed and isinstance(value, ast.Constant):
                    assert value.value in allowed, ast.unparse(call)


def _values(schema: dict[str, object]) -> set[object]:
    """The values an argument is limited to; empty when it is free."""
    found: set[object] = set()
    for key, value in schema.items():
        if key == "enum" and isinstance(value, list):
            found |= set(value)
        elif isinstance(value, dict):
            found |= _values(value)
        elif isinstance(value, list):
            found |= {item for part in value if isinstance(part, dict) for item in _values(part)}
    return found


def test_every_error_code_is_explained_and_no_other() -> None:
    section = DOCUMENTS["error-catalog"].text.split("## Codes of this server")[1].split("\n## ")[0]
    explained = re.findall(r"^\| (\w+) \|", section.split("`auth_failed`, `forbidden`")[0], flags=re.MULTILINE)
    assert [code for code in explained if code != "code"] == [code.value for code in ErrorCode]


def test_every_trouble_has_its_section_in_the_runbook_and_means_the_same() -> None:
    text = DOCUMENTS["runbook"].text
    sections = dict(re.findall(r"^## (\w+)\n\n\*(.+?)\*", text, flags=re.MULTILINE))
    assert set(sections) == {trouble.value for trouble in Trouble}
    for trouble in Trouble:
        meaning = trouble.meaning[0].upper() + trouble.meaning[1:]
        assert sections[trouble.value].startswith(meaning), trouble.value


def test_the_runbook_s_table_of_symptoms_leads_to_sections_that_exist() -> None:
    table = re.findall(r"^\| [^|`]+ \| (`.+`) \|$", DOCUMENTS["runbook"].text, flags=re.MULTILINE)
    assert table
    assert {word for row in table for word in code_in(row)} <= {trouble.value for trouble in Trouble}


@pytest.mark.parametrize("name", sorted({**SERVED, **FOR_PEOPLE}))
def test_only_endpoints_of_the_contract_or_the_sdk_are_named(name: str) -> None:
    contract = json.loads((ROOT / "tests/contract/openapi.json").read_text(encoding="utf-8"))
    known = {re.sub(r"\{\w+\}", "{}", path) for path in contract["paths"]} | FROM_THE_SDK
    for span in code_in({**SERVED, **FOR_PEOPLE}[name]):
        found = re.fullmatch(r"(?:(?:GET|POST|PUT|DELETE) )?(/[a-z{][\w{}/.-]*)", span)
        if found and not found[1].startswith("/_sandbox"):
            assert any(_same_path(found[1], path) for path in known), span


def _same_path(named: str, known: str) -> bool:
    parts, patterns = named.split("/"), known.split("/")
    if len(parts) != len(patterns):
        return False
    return all(
        pattern in ("{}", part) or (part.startswith("{") and pattern.startswith("{"))
        for part, pattern in zip(parts, patterns, strict=True)
    )


@every_served_text
def test_links_between_pages_lead_somewhere(name: str) -> None:
    for target in re.findall(r"nexla://docs/([\w-]+)", SERVED[name]):
        assert target in DOCUMENTS
    assert not re.findall(r"\]\((?!nexla://docs/)[^)]*\)", SERVED[name]), "a served page has no place on a disk"


@pytest.mark.parametrize("name", sorted(FOR_PEOPLE))
def test_links_between_files_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", FOR_PEOPLE[name]):
        if not re.match(r"[a-z]+://|#|mailto:", target):
            assert ((ROOT / name).parent / target.partition("#")[0]).exists(), target


@every_served_text
def test_a_run_is_given_no_state_or_duration(name: str) -> None:
    promises = re.compile(
        r"\b(run(?:s|'s)? (?:status|state|duration) (?:is|are|was|shows?)|runs? took|expires? on)\b", re.IGNORECASE
    )
    assert not promises.search(SERVED[name])


@every_served_text
def test_a_text_is_short_enough_to_be_read(name: str) -> None:
    assert len(SERVED[name].encode()) <= 14_000


@pytest.mark.parametrize(
    "text",
    [
        "# No front matter\n",
        "---\nname: a\n---\n# Too little\n",
        "---\nname: a\ntitle: b\ndescription: c\nauthor: d\n---\n# Too much\n",
        "---\nname: a\ntitle: b\ndescription: ' '\n---\n# Blank\n",
        "---\n- name\n---\n# A list\n",
        "---\nname: [\n---\n# No YAML\n",
    ],
)
def test_a_broken_page_is_our_mistake_and_named(text: str) -> None:
    with pytest.raises(Failure) as failure:
        read_document(text, "page.md")
    assert failure.value.info.code is ErrorCode.INTERNAL
    assert "page.md" in failure.value.info.message


def test_a_page_written_on_windows_is_read_the_same() -> None:
    page = read_document("---\r\nname: a\r\ntitle: b\r\ndescription: c\r\n---\r\n# b\r\n", "page.md")
    assert (page.name, page.text) == ("a", "# b\n")


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[0]
    named = {name.lower() for name in re.findall(r'^(?:keyring = \[|  )"([\w-]+)(?:>=|")', project, flags=re.MULTILINE)}
    table = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w, -]+?) \|", table, flags=re.MULTILINE)
    explained = {name.strip().lower() for row in rows for name in row.split(",")} - {"package", "---"}
    assert {"mcp", "nexla-sdk", "keyring", "ruff"} <= named
    assert explained == named


def test_every_setting_is_documented_and_no_other() -> None:
    fields = Settings.model_fields.items()
    variables = {str(field.validation_alias or f"NEXLA_MCP_{name.upper()}") for name, field in fields}
    rows = re.findall(r"^\| `(NEXLA_\w+)` \|", FOR_PEOPLE["docs/configuration.md"], flags=re.MULTILINE)
    assert sorted(rows) == sorted(variables)


def test_every_exit_code_is_documented_and_no_other() -> None:
    rows = re.findall(r"^\| (\d+) \|", FOR_PEOPLE["docs/cli.md"].split("## Exit codes")[1], flags=re.MULTILINE)
    assert [int(row) for row in rows] == [code.value for code in ExitCode]


def test_the_catalog_gives_every_error_the_exit_code_that_a_shell_sees() -> None:
    section = DOCUMENTS["error-catalog"].text.split("## Exit codes of the command line\n\n")[1].split("\n\n")[0]
    told = {
        word: int(number)
        for number, words in re.findall(r"(?:ends with:|·)\s+(\d)\s+([^·]*)", section)
        for word in re.findall(r"\w+", words)
    }
    assert {code.value: told.get(code.value) for code in ErrorCode} == {
        code.value: int(exit_code_for(code)) for code in ErrorCode
    }


def test_every_policy_of_confirmation_is_documented_with_both_risks() -> None:
    text = FOR_PEOPLE["docs/confirmation.md"]
    table = text.split("| policy | risk |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE) == [mode.value for mode in Confirm]
    assert all(f"| {risk.value} | " in text for risk in Risk if risk is not Risk.READ)


def test_decisions_are_numbered_and_have_their_three_parts() -> None:
    records = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        assert text.startswith(f"# {int(record.name[:4])}. ")
        assert [part for part in ("## Context", "## Decision", "## Consequences") if part not in text] == []
