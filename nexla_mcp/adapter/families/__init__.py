"""Families of operations, one a type of thing, each made and imported at its first use."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexla_mcp.adapter.families.accessors import Accessors
    from nexla_mcp.adapter.families.audit import Audit
    from nexla_mcp.adapter.families.code import AttributeTransforms, CodeContainers, Transforms
    from nexla_mcp.adapter.families.credentials import Credentials
    from nexla_mcp.adapter.families.flows import Flows
    from nexla_mcp.adapter.families.genai import GenAi
    from nexla_mcp.adapter.families.health import Health
    from nexla_mcp.adapter.families.logs import Logs
    from nexla_mcp.adapter.families.lookups import Lookups
    from nexla_mcp.adapter.families.metrics import Metrics
    from nexla_mcp.adapter.families.notifications import Notifications
    from nexla_mcp.adapter.families.operations import Operations
    from nexla_mcp.adapter.families.people import Orgs, Teams, Users
    from nexla_mcp.adapter.families.platform import Platform, Tasks
    from nexla_mcp.adapter.families.projects import Projects
    from nexla_mcp.adapter.families.resources import Destinations, Nexsets, Sources


class Families:
    """What `Nexla` offers beside `call`: typed operations by family."""

    def _family(self, module: str, name: str) -> Any:
        return getattr(import_module(f"nexla_mcp.adapter.families.{module}"), name)(self)

    @cached_property
    def credentials(self) -> Credentials:
        found: Credentials = self._family("credentials", "Credentials")
        return found

    @cached_property
    def sources(self) -> Sources:
        found: Sources = self._family("resources", "Sources")
        return found

    @cached_property
    def nexsets(self) -> Nexsets:
        found: Nexsets = self._family("resources", "Nexsets")
        return found

    @cached_property
    def destinations(self) -> Destinations:
        found: Destinations = self._family("resources", "Destinations")
        return found

    @cached_property
    def flows(self) -> Flows:
        found: Flows = self._family("flows", "Flows")
        return found

    @cached_property
    def transforms(self) -> Transforms:
        found: Transforms = self._family("code", "Transforms")
        return found

    @cached_property
    def attribute_transforms(self) -> AttributeTransforms:
        found: AttributeTransforms = self._family("code", "AttributeTransforms")
        return found

    @cached_property
    def code_containers(self) -> CodeContainers:
        found: CodeContainers = self._family("code", "CodeContainers")
        return found

    @cached_property
    def lookups(self) -> Lookups:
        found: Lookups = self._family("lookups", "Lookups")
        return found

    @cached_property
    def projects(self) -> Projects:
        found: Projects = self._family("projects", "Projects")
        return found

    @cached_property
    def teams(self) -> Teams:
        found: Teams = self._family("people", "Teams")
        return found

    @cached_property
    def users(self) -> Users:
        found: Users = self._family("people", "Users")
        return found

    @cached_property
    def orgs(self) -> Orgs:
        found: Orgs = self._family("people", "Orgs")
        return found

    @cached_property
    def accessors(self) -> Accessors:
        found: Accessors = self._family("accessors", "Accessors")
        return found

    @cached_property
    def audit(self) -> Audit:
        found: Audit = self._family("audit", "Audit")
        return found

    @cached_property
    def metrics(self) -> Metrics:
        found: Metrics = self._family("metrics", "Metrics")
        return found

    @cached_property
    def logs(self) -> Logs:
        found: Logs = self._family("logs", "Logs")
        return found

    @cached_property
    def genai(self) -> GenAi:
        found: GenAi = self._family("genai", "GenAi")
        return found

    @cached_property
    def health(self) -> Health:
        found: Health = self._family("health", "Health")
        return found

    @cached_property
    def notifications(self) -> Notifications:
        found: Notifications = self._family("notifications", "Notifications")
        return found

    @cached_property
    def operations(self) -> Operations:
        found: Operations = self._family("operations", "Operations")
        return found

    @cached_property
    def tasks(self) -> Tasks:
        found: Tasks = self._family("platform", "Tasks")
        return found

    @cached_property
    def platform(self) -> Platform:
        found: Platform = self._family("platform", "Platform")
        return found
