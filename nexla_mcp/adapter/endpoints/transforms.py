"""Record transforms, attribute transforms and code containers (contract 10 to 12)."""

from __future__ import annotations

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable

READ = Repeatable.READ
IDEMPOTENT = Repeatable.IDEMPOTENT
CREATE = Repeatable.CREATE

ENDPOINTS = (
    Endpoint("list_transforms", "GET", "/transforms", READ),
    Endpoint("create_transform", "POST", "/transforms", CREATE),
    Endpoint("get_transform", "GET", "/transforms/{transform_id}", READ),
    Endpoint("update_transform", "PUT", "/transforms/{transform_id}", IDEMPOTENT),
    Endpoint("delete_transform", "DELETE", "/transforms/{transform_id}", IDEMPOTENT),
    Endpoint("copy_transform", "POST", "/transforms/{transform_id}/copy", CREATE),
    Endpoint("list_public_transforms", "GET", "/transforms/public", READ),
    Endpoint("list_attribute_transforms", "GET", "/attribute_transforms", READ),
    Endpoint("create_attribute_transform", "POST", "/attribute_transforms", CREATE),
    Endpoint("get_attribute_transform", "GET", "/attribute_transforms/{attribute_transform_id}", READ),
    Endpoint("update_attribute_transform", "PUT", "/attribute_transforms/{attribute_transform_id}", IDEMPOTENT),
    Endpoint("delete_attribute_transform", "DELETE", "/attribute_transforms/{attribute_transform_id}", IDEMPOTENT),
    Endpoint("list_public_attribute_transforms", "GET", "/attribute_transforms/public", READ),
    Endpoint("list_code_containers", "GET", "/code_containers", READ),
    Endpoint("create_code_container", "POST", "/code_containers", CREATE),
    Endpoint("get_code_container", "GET", "/code_containers/{code_container_id}", READ),
    Endpoint("update_code_container", "PUT", "/code_containers/{code_container_id}", IDEMPOTENT),
    Endpoint("delete_code_container", "DELETE", "/code_containers/{code_container_id}", IDEMPOTENT),
    Endpoint("copy_code_container", "POST", "/code_containers/{code_container_id}/copy", CREATE),
    Endpoint("list_public_code_containers", "GET", "/code_containers/public", READ),
)
