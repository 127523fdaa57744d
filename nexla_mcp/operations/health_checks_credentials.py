"""The check of a flow's logins."""

from __future__ import annotations

from nexla_mcp.adapter.models import ProbeResult, ProbeState
from nexla_mcp.domain.errors import ErrorInfo
from nexla_mcp.domain.results.health import Verdict
from nexla_mcp.domain.results.lineage import LineageNode
from nexla_mcp.domain.troubles import Trouble
from nexla_mcp.operations.evidence import CredentialState, FlowEvidence, Look
from nexla_mcp.operations.health_checks_base import Judgements, Unjudged, could_not_read, finding
from nexla_mcp.operations.health_thresholds import Thresholds

_REFUSED_RECORD = frozenset({"FAILED", "INVALID", "REFUSED"})


def check_credentials(evidence: FlowEvidence, limits: Thresholds) -> Judgements:
    """Whether each login works now; where it was not tried, what Nexla's record of the last try says."""
    yield from could_not_read(evidence, Look.CREDENTIALS, needed=Look.PROBE in evidence.skipped)
    for state in evidence.credentials:
        for node in evidence.lineage.nodes:
            if node.credential_id == state.id:
                yield from _login(evidence, state, node, limits)


def _login(evidence: FlowEvidence, state: CredentialState, node: LineageNode, limits: Thresholds) -> Judgements:
    probe = state.probe
    if isinstance(probe, ErrorInfo):
        yield Unjudged(f"login with credential {state.id}: {probe.code.value}")
    elif probe is None:
        yield from _by_record(evidence, state, node, limits)
    elif probe.state is ProbeState.REFUSED:
        yield finding(
            Trouble.REFUSED_CREDENTIAL,
            Verdict.SICK,
            node,
            f"credential {state.id} was refused when tried just now{_record(state)}",
            probe.message,
        )
    elif probe.state is not ProbeState.OK:
        yield Unjudged(f"login with credential {state.id}: {_unclear(probe)}")


def _by_record(evidence: FlowEvidence, state: CredentialState, node: LineageNode, limits: Thresholds) -> Judgements:
    status = (state.verified_status or "").upper()
    if status in _REFUSED_RECORD:
        seen = f"Nexla's record of credential {state.id} is {status}{_record(state)}; it was not tried now"
        yield finding(Trouble.REFUSED_CREDENTIAL, Verdict.SICK, node, seen)
    elif status != "VERIFIED" or state.verified_at is None:
        yield Unjudged(f"login with credential {state.id}: not tried now, and Nexla has no record that it ever worked")
    elif (age := evidence.now - state.verified_at) > limits.verification_age:
        seen = f"credential {state.id} was last verified {age.days} days ago and was not tried now"
        yield finding(Trouble.OLD_VERIFICATION, Verdict.WARNING, node, seen)


def _record(state: CredentialState) -> str:
    if state.verified_at is None:
        return ""
    return f"; Nexla's last verification was {state.verified_at:%Y-%m-%d} ({state.verified_status or 'no status'})"


def _unclear(probe: ProbeResult) -> str:
    return "the test has not finished" if probe.state is ProbeState.PENDING else "the answer says neither yes nor no"
