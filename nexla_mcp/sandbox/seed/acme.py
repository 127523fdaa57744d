"""The org acme: its logins, projects, lookups and flows, with two weeks of runs behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from nexla_mcp.sandbox import creation, kinds
from nexla_mcp.sandbox.clock import iso
from nexla_mcp.sandbox.seed import people, requests, troubles
from nexla_mcp.sandbox.seed.ailments import AILMENTS, milliseconds
from nexla_mcp.sandbox.seed.flows_commerce import COMMERCE
from nexla_mcp.sandbox.seed.flows_insight import INSIGHT
from nexla_mcp.sandbox.seed.logins import CREDENTIALS
from nexla_mcp.sandbox.seed.planting import Garden, python_transform
from nexla_mcp.sandbox.simulation.graph import Lineage
from nexla_mcp.sandbox.simulation.runs import RUN_MS

if TYPE_CHECKING:
    from datetime import datetime

    from nexla_mcp.sandbox.seed.people import Cast
    from nexla_mcp.sandbox.store import Document
    from nexla_mcp.sandbox.world import World

HISTORY = timedelta(days=14)
_FOUNDED = timedelta(days=420)

_PROJECTS = (
    ("Orders", "Everything a customer buys", "dana"),
    ("Finance", "Payments, invoices, the ledger", "dana"),
    ("Marketing", "Campaigns and reach", "dana"),
    ("Product Analytics", "How people use shop and app", "dana"),
    ("Supply Chain", "Stock, suppliers, carriers", "dana"),
    ("Growth", "Sam's models and experiments", "sam"),
)
_LOOKUPS: tuple[tuple[str, str, str, list[dict[str, Any]]], ...] = (
    (
        "Country regions",
        "code",
        "dana",
        [
            {"code": "DE", "region": "DACH"},
            {"code": "ES", "region": "Iberia"},
            {"code": "FR", "region": "France"},
            {"code": "GB", "region": "UK"},
            {"code": "US", "region": "Americas"},
        ],
    ),
    (
        "GL accounts",
        "account",
        "dana",
        [
            {"account": "1200", "name": "Receivables"},
            {"account": "4000", "name": "Sales"},
            {"account": "4010", "name": "Shipping income"},
            {"account": "6200", "name": "Marketing cost"},
        ],
    ),
    (
        "Ticket priorities",
        "priority",
        "sam",
        [{"priority": "low", "hours": 72}, {"priority": "normal", "hours": 24}, {"priority": "high", "hours": 4}],
    ),
)


def plant(world: World) -> None:
    """Makes the org as of now. The history ends now; what comes later is up to the simulation."""
    now = world.clock.now()
    cast = people.founded(world, now - _FOUNDED, tuple(people.PEOPLE))
    people.teams(world, cast, now - _FOUNDED)
    garden = Garden(world, cast, _credentials(world, cast, now), _projects(world, cast, now), now)
    _lookups(world, cast, now)
    _spare_code(world, cast, now)
    manifest: list[dict[str, Any]] = []
    ends: list[tuple[Document, datetime]] = []
    for spec in (*COMMERCE, *INSIGHT):
        planted = garden.plant(spec)
        end = now
        if spec.trouble is not None:
            ailment = AILMENTS[spec.trouble](garden, planted)
            manifest.append(troubles.entry(ailment))
            planted, end = ailment.planted, ailment.until or now
        if spec.state != "INIT":
            ends.append((planted.source, end))
    troubles.keep(world, manifest)
    lineage = Lineage(world.store)
    for source, end in ends:
        world.simulation.backfill(source, milliseconds(now - HISTORY), milliseconds(end) - RUN_MS, lineage)
    requests.plant(world, cast, now)


def _credentials(world: World, cast: Cast, now: datetime) -> dict[str, Document]:
    made: dict[str, Document] = {}
    for number, (key, spec) in enumerate(CREDENTIALS.items()):
        moment = now - timedelta(days=400 - 3 * number)
        made[key] = creation.create_credential(
            people.at(world, moment),
            cast.people[spec.owner],
            {
                "name": spec.name,
                "credentials_type": spec.kind,
                "credentials": dict(spec.secrets),
                "credentials_non_secure_data": dict(spec.shown),
                "verified_at": iso(now - timedelta(days=4 + number)),
                "_sandbox": {"tree": dict(spec.tree)},
            },
        )
    for key in ("snowflake", "lake"):
        team = ("TEAM", cast.teams["platform"])
        past = people.at(world, now - timedelta(days=300))
        creation.grant(
            past,
            cast.people["dana"],
            kinds.CREDENTIALS,
            made[key]["id"],
            subject=team,
            roles=["collaborator"],
        )
    return made


def _projects(world: World, cast: Cast, now: datetime) -> dict[str, Document]:
    past = people.at(world, now - timedelta(days=390))
    return {
        name: creation.create_project(past, cast.people[owner], {"name": name, "description": description})
        for name, description, owner in _PROJECTS
    }


def _lookups(world: World, cast: Cast, now: datetime) -> None:
    past = people.at(world, now - timedelta(days=250))
    for name, key, owner, rows in _LOOKUPS:
        payload = {"name": name, "data_type": "string", "map_primary_key": key, "data_map": rows}
        creation.create_lookup(past, cast.people[owner], payload)


def _spare_code(world: World, cast: Cast, now: datetime) -> None:
    """Code that several flows may use: a record transform in Python and an attribute transform."""
    past = people.at(world, now - timedelta(days=240))
    script = "def transform(input, metadata, args):\n    input.pop('email', None)\n    return input\n"
    shared = {"reusable": True, "tags": ["privacy"]}
    record = {
        "name": "Drop e-mail addresses",
        "output_type": "record",
        "code_type": "jolt_custom",
        "code_encoding": "none",
        "code": python_transform(script),
    }
    attribute = {
        "name": "Mask e-mail address",
        "output_type": "attribute",
        "code_type": "python3",
        "code_encoding": "base64",
        "code": "ZGVmIHRyYW5zZm9ybSh2YWx1ZSk6CiAgICByZXR1cm4gJyoqKkAnICsgdmFsdWUuc3BsaXQoJ0AnKVstMV0K",
    }
    for payload in (record, attribute):
        creation.create_transform(past, cast.people["dana"], {**payload, **shared})
