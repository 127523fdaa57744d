"""Alert texts: properties over anything that a stranger may write."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from nexla_mcp.adapter.alert_channels import ChannelKind
from nexla_mcp.domain.alerts import Severity
from nexla_mcp.operations.alert_text import body_of, presentable

LIMIT = 200


@given(st.text(max_size=400))
@example("<!here> @channel \u202e<@U1|x> [a](https://evil.example)")
@example("a@b.example, @@here (@everyone) x.@here")
def test_nothing_in_a_message_calls_people_or_hides_where_it_leads(text: str) -> None:
    sent = body_of(ChannelKind.SLACK, "t", presentable(text, LIMIT), Severity.INFO)["text"]
    assert not set("<>") & set(sent)
    assert re.search(r"(?<![\w.+-])@\w", sent) is None
    assert "](" not in sent


@given(st.text(max_size=400))
def test_no_text_is_longer_than_allowed_and_none_changes_when_presented_again(text: str) -> None:
    once = presentable(text, LIMIT)
    assert len(once) <= LIMIT
    assert presentable(once, LIMIT) == once


@given(st.text(max_size=50), st.text("abcdefgh0123456789", min_size=8, max_size=30), st.text(max_size=50))
def test_a_known_secret_never_stays(before: str, secret: str, after: str) -> None:
    assert secret not in presentable(f"{before} {secret} {after}", LIMIT, [secret])
