"""What each connector needs and what each create and update takes, generated from the published contract."""

from nexla_mcp.connectors.catalog import Catalog, load_catalog
from nexla_mcp.connectors.model import Connector, ConnectorSummary, Field, Kind, Part, Variant
from nexla_mcp.connectors.schemas import resource_schema, resource_schemas
from nexla_mcp.connectors.validation import Problem, validate

__all__ = [
    "Catalog",
    "Connector",
    "ConnectorSummary",
    "Field",
    "Kind",
    "Part",
    "Problem",
    "Variant",
    "load_catalog",
    "resource_schema",
    "resource_schemas",
    "validate",
]
