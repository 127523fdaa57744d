"""DESIGN's table of what may be repeated, written down a second time and compared case by case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexla_mcp.adapter.endpoint import Endpoint, Repeatable
from nexla_mcp.adapter.exchange import Exchange, Trouble
from nexla_mcp.adapter.retry import Decision, Outcome, decide, outcome_of

TABLE = {
    # declared: (throttled, not sent, ambiguous, ambiguous and the caller can look)
    Repeatable.READ: (Decision.RETRY, Decision.RETRY, Decision.RETRY, Decision.RETRY),
    Repeatable.IDEMPOTENT: (Decision.RETRY, Decision.RETRY, Decision.MAYBE_APPLIED, Decision.LOOK_FIRST),
    Repeatable.CREATE: (Decision.RETRY, Decision.RETRY, Decision.MAYBE_APPLIED, Decision.MAYBE_APPLIED),
    Repeatable.NEVER: (Decision.RETRY, Decision.GIVE_UP, Decision.MAYBE_APPLIED, Decision.MAYBE_APPLIED),
}
declared = st.sampled_from(Repeatable)
writes = st.sampled_from([kind for kind in Repeatable if kind is not Repeatable.READ])


@given(declared, st.booleans())
def test_the_table_is_designs(repeatable, can_look):
    throttled, not_sent, ambiguous, looking = TABLE[repeatable]
    assert decide(repeatable, Outcome.THROTTLED, can_look=can_look) is throttled
    assert decide(repeatable, Outcome.NOT_SENT, can_look=can_look) is not_sent
    assert decide(repeatable, Outcome.AMBIGUOUS, can_look=can_look) is (looking if can_look else ambiguous)


@given(writes, st.sampled_from(Outcome), st.booleans())
def test_a_write_that_may_be_done_is_never_repeated_blindly(repeatable, outcome, can_look):
    if outcome in {Outcome.AMBIGUOUS, Outcome.BROKEN}:
        assert decide(repeatable, outcome, can_look=can_look) is not Decision.RETRY


@given(declared, st.booleans())
def test_what_was_refused_is_not_repeated(repeatable, can_look):
    assert decide(repeatable, Outcome.REFUSED, can_look=can_look) is Decision.GIVE_UP


def test_nothing_is_repeatable_unless_declared():
    assert Endpoint("x", "GET", "/x").repeatable is Repeatable.NEVER


def test_words_stay_the_published_four():
    assert {kind.value for kind in Repeatable} == {"read", "idempotent", "create", "never"}


def sent(**facts) -> Exchange:
    return Exchange(deadline=0.0, sent=True, **facts)


@given(st.integers(100, 599))
def test_every_status_has_an_outcome(status):
    outcome = outcome_of(sent(status=status))
    if 200 <= status < 300:
        assert outcome is Outcome.DONE
    elif status == 429:
        assert outcome is Outcome.THROTTLED
    elif status in {502, 503, 504}:
        assert outcome is Outcome.AMBIGUOUS
    elif status < 500 or status == 501:
        assert outcome is Outcome.REFUSED
    else:
        assert outcome is Outcome.BROKEN


@pytest.mark.parametrize("trouble", [Trouble.CUT, Trouble.TOO_SLOW])
def test_a_lost_answer_is_ambiguous_only_if_something_was_sent(trouble):
    assert outcome_of(sent(trouble=trouble)) is Outcome.AMBIGUOUS
    assert outcome_of(Exchange(deadline=0.0, trouble=trouble)) is Outcome.NOT_SENT


@given(st.integers(200, 599), st.sampled_from([None, Trouble.CUT, Trouble.TOO_SLOW, Trouble.UNREADABLE]))
def test_a_failed_login_never_puts_the_call_itself_in_doubt(status, trouble):
    login = sent(status=status, trouble=trouble)
    outcome = outcome_of(Exchange(deadline=0.0, trouble=Trouble.NO_TOKEN, token=login))
    assert outcome not in {Outcome.AMBIGUOUS, Outcome.BROKEN}
