"""Tolerant models of the platform's answers: what Nexla said, as far as it can be read.

Everything that may be missing is optional; a field of the wrong type reads as its default instead of
losing the row; unknown fields are ignored; secrets are dropped or masked while reading (trap T12).
"""

from nexla_mcp.adapter.models.accessors import Accessor
from nexla_mcp.adapter.models.audit import AuditEntry
from nexla_mcp.adapter.models.code import AttributeTransform, CodeContainer, Transform
from nexla_mcp.adapter.models.flows import Flow, FlowNode, FlowRunMetric
from nexla_mcp.adapter.models.health import FlowHealth
from nexla_mcp.adapter.models.logs import LogEntry
from nexla_mcp.adapter.models.lookups import Lookup
from nexla_mcp.adapter.models.metrics import (
    AccountMetric,
    DailyMetric,
    Dashboard,
    FlowRun,
    ResourceMetric,
    RunMetric,
)
from nexla_mcp.adapter.models.notifications import Notification, NotificationSetting, NotificationType
from nexla_mcp.adapter.models.people import Org, OrgMember, OrgMembership, Team, TeamMember, User
from nexla_mcp.adapter.models.platform import ApprovalRequest, Runtime
from nexla_mcp.adapter.models.probes import ProbeResult, ProbeState, SampleRecord
from nexla_mcp.adapter.models.projects import Project, ProjectFlow
from nexla_mcp.adapter.models.resources import Credential, Destination, Doc, Nexset, RunId, Source
from nexla_mcp.adapter.models.row import Connector, OrgBrief, Owner, Reference, Resource, Row, Vendor
from nexla_mcp.adapter.models.tasks import AsyncAnswer, AsyncTask, Limit

__all__ = [
    "Accessor",
    "AccountMetric",
    "ApprovalRequest",
    "AsyncAnswer",
    "AsyncTask",
    "AttributeTransform",
    "AuditEntry",
    "CodeContainer",
    "Connector",
    "Credential",
    "DailyMetric",
    "Dashboard",
    "Destination",
    "Doc",
    "Flow",
    "FlowHealth",
    "FlowNode",
    "FlowRun",
    "FlowRunMetric",
    "Limit",
    "LogEntry",
    "Lookup",
    "Nexset",
    "Notification",
    "NotificationSetting",
    "NotificationType",
    "Org",
    "OrgBrief",
    "OrgMember",
    "OrgMembership",
    "Owner",
    "ProbeResult",
    "ProbeState",
    "Project",
    "ProjectFlow",
    "Reference",
    "Resource",
    "ResourceMetric",
    "Row",
    "RunId",
    "RunMetric",
    "Runtime",
    "SampleRecord",
    "Source",
    "Team",
    "TeamMember",
    "Transform",
    "User",
    "Vendor",
]
