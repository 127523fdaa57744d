"""The org, its people, their service keys and teams."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from nexla_mcp.sandbox import creation
from nexla_mcp.sandbox.clock import SimulatedClock
from nexla_mcp.sandbox.routing import Principal
from nexla_mcp.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

PEOPLE: Mapping[str, str] = {
    "dana": "Dana Reyes",
    "sam": "Sam Okafor",
    "priya": "Priya Raman",
    "marco": "Marco Bianchi",
    "lena": "Lena Fischer",
}
KEYS = ("dana", "sam")
"""Who has a service key, `sandbox-key-<name>`."""
ADMIN = "dana"

TEAMS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "platform": ("Data Platform", "Runs the shared pipelines", ("dana", "sam", "marco")),
    "finance": ("Finance Analytics", "Closes the books", ("dana", "priya", "lena")),
}
"""Team name, description and members by key; the first member administers it."""


@dataclass
class Cast:
    """Who is who: principals of people and ids of teams by the seed's keys."""

    org_id: int
    people: dict[str, Principal]
    teams: dict[str, int]


def at(world: World, moment: datetime) -> World:
    """The same state at an earlier moment, for making what was made then."""
    return World(options=world.options, clock=SimulatedClock(lambda: moment), store=world.store)


def founded(world: World, moment: datetime, names: tuple[str, ...]) -> Cast:
    """An org with these people, those of them with keys included."""
    past = at(world, moment)
    org = creation.create_org(past, {"name": "Acme", "email_domain": "acme.example", "description": "Acme retail"})
    people: dict[str, Principal] = {}
    for name in names:
        actor = people.get(ADMIN) or Principal(0, org["id"], is_org_admin=True)
        user = creation.create_user(
            past,
            actor,
            {"full_name": PEOPLE[name], "email": f"{name}@acme.example", "admin": name == ADMIN},
        )
        people[name] = Principal(user["id"], org["id"], is_org_admin=name == ADMIN)
        if name in KEYS:
            key = {"key": f"sandbox-key-{name}", "user_id": user["id"], "org_id": org["id"]}
            world.store.insert("service_keys", key)
    world.store.put("orgs", {**org, "owner_id": people[ADMIN].user_id})
    return Cast(org["id"], people, {})


def teams(world: World, cast: Cast, moment: datetime) -> None:
    past = at(world, moment + timedelta(days=1))
    for key, (name, description, members) in TEAMS.items():
        listed = [{"id": cast.people[person].user_id, "admin": person == members[0]} for person in members]
        payload = {"name": name, "description": description, "members": listed}
        cast.teams[key] = creation.create_team(past, cast.people[ADMIN], payload)["id"]
