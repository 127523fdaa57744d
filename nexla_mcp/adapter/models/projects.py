"""Projects and the flows in them (contract 14)."""

from __future__ import annotations

from nexla_mcp.adapter.models.row import Many, OptionalId, Resource, Row, Time


class ProjectFlow(Row):
    """One flow's place in a project, by its source or shared nexset."""

    id: OptionalId = None
    project_id: OptionalId = None
    data_source_id: OptionalId = None
    data_set_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None


class Project(Resource):
    """A folder of flows. Deleting it detaches the flows and deletes none."""

    data_flows: Many[ProjectFlow] = ()
    flows: Many[ProjectFlow] = ()
    flows_count: OptionalId = None
    client_identifier: str | None = None
