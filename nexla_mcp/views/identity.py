"""Text of `whoami`."""

from __future__ import annotations

from nexla_mcp.domain.results.identity import Identity
from nexla_mcp.safety.untrusted import quoted
from nexla_mcp.views.table import cell, moment
from nexla_mcp.views.text import text_of

NOTICEABLE_SKEW = 5.0


@text_of.register
def _(result: Identity) -> str:
    role = {True: "an org admin", False: "a member", None: "of unknown standing"}[result.org_admin]
    lines = [
        f"You are {quoted(result.user_name)} <{cell(result.email)}> (user {result.user_id}), {role} in org "
        f"{quoted(result.org_name)} ({result.org_id}) at {result.host}.",
        f"Login: {result.login}. Changes are {'refused: this server is read-only' if result.read_only else 'allowed'}.",
        f"Platform time: {moment(result.platform_time)}.",
    ]
    if abs(result.clock_skew_seconds) >= NOTICEABLE_SKEW:
        lines.append(f"It is {result.clock_skew_seconds:+.0f} s off this machine's clock.")
    if result.impersonated:
        lines.append("This session impersonates the user.")
    if result.other_orgs:
        lines.append("Other orgs: " + ", ".join(map(quoted, result.other_orgs)))
    if result.resources:
        lines.append("You can see: " + ", ".join(f"{count} {kind}s" for kind, count in result.resources.items()) + ".")
    if result.unread_notifications is not None:
        lines.append(f"Unread notifications: {result.unread_notifications}.")
    if result.interrupted:
        lines.append(
            f"INTERRUPTED changes, which do not go on by themselves: {'; '.join(result.interrupted)}. "
            "get_operation shows how far each came; control_operation resumes, undoes or cancels it."
        )
    lines += [f"Not read: {item}" for item in result.not_read or ()]
    return "\n".join(lines)
