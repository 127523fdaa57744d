"""Who is meant by a grant in an answer, for any list of grants: answers carry no ids."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.models import Accessor
from nexla_mcp.operations.actions.granting import roles_of
from nexla_mcp.operations.actions.replacing_access import grants_of
from nexla_mcp.operations.planning.access_subjects import locks_out, subject_of

NAMES = st.sampled_from(["dana@acme.example", "sam@acme.example", "Finance", "finance", "acme.example"])
ROLES = st.lists(st.sampled_from(["collaborator", "operator", "admin", "sharer"]), max_size=3, unique=True)
FIELDS = {"USER": "email", "TEAM": "name", "ORG": "email_domain"}


def accessor(kind: str, name: str, roles: list[str]) -> Accessor:
    return Accessor.model_validate({"type": kind, FIELDS[kind]: name, "access_roles": roles})


LISTS = st.lists(st.builds(accessor, st.sampled_from(sorted(FIELDS)), NAMES, ROLES), max_size=8)


@given(LISTS, st.randoms())
def test_order_and_case_tell_nobody_apart(rules: list[Accessor], random: object) -> None:
    shuffled = [*rules]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    louder = [accessor(rule.type, (rule.subject or "").upper(), list(rule.access_roles)) for rule in shuffled]
    assert grants_of(rules) == grants_of(shuffled) == grants_of(louder)


@given(LISTS)
def test_every_role_is_kept_and_none_is_made_up(rules: list[Accessor]) -> None:
    seen = grants_of(rules)
    for rule in rules:
        assert set(rule.access_roles) <= set(seen[subject_of(rule)])
        assert list(seen[subject_of(rule)]) == roles_of(rules, rule.type, rule.subject or "")
    assert set(seen) == {subject_of(rule) for rule in rules}


@given(LISTS, NAMES, st.sampled_from(sorted(FIELDS)))
def test_a_user_is_never_taken_for_a_team_of_the_same_name(rules: list[Accessor], name: str, kind: str) -> None:
    others = [rule for rule in rules if rule.type != kind]
    assert roles_of(others, kind, name) == []


@given(LISTS, LISTS, st.sets(st.tuples(st.sampled_from(sorted(FIELDS)), NAMES.map(str.casefold)), max_size=3))
def test_nobody_is_locked_out_who_keeps_an_admin_grant_or_owns_it(
    before: list[Accessor], after: list[Accessor], mine: set[tuple[str, str]]
) -> None:
    then = grants_of(after)
    out = locks_out(["admin"], frozenset(mine), before, then.items())
    keeps = any("admin" in roles for subject, roles in then.items() if subject in mine)
    had = any("admin" in rule.access_roles for rule in before if subject_of(rule) in mine)
    assert out is (had and not keeps)
    assert locks_out(["owner"], frozenset(mine), before, then.items()) is False
