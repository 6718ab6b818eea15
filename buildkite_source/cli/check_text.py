"""What `check` found, for people."""

from collections.abc import Iterator

from buildkite_source.printable import one_line

from .check import Check


def as_text(found: Check) -> str:
    """Return the findings as a few lines, what has to be mended last."""
    token, load = found.token, found.first_load
    lines = [f"API: {found.api}"]
    if token:
        expires = token["expires_at"] or "never"
        lines.append(
            f"Token: {one_line(str(token['description'] or token['uuid']))}, expires: {expires}"
        )
        lines.append(f"Scopes: {', '.join(token['scopes']) or 'none'}")
        lines.append(f"Organizations: {', '.join(found.organizations) or 'none'}")
    if found.resources:
        width = max(len(one["resource"]) for one in found.resources)
        lines.append("Resources:")
        for one in found.resources:
            lacks = "" if one["readable"] else f"  lacks {one['scope']}"
            lines.append(f"  {one['resource']:<{width}}  {'no ' if lacks else 'yes'}{lacks}")
    for service in found.services:
        state = "enabled" if service["enabled"] else "NOT enabled"
        name = one_line(f"{service['kind']} {service['description']}".strip())
        lines.append(f"Sends events of {service['organization']}: {name}, {state}")
    if found.requests_a_minute:
        lines.append(
            f"Budget: {found.requests_a_minute} requests a minute; GraphQL: {found.graphql}"
        )
    if load:
        minutes = load["minutes_at_least"]
        lines.append(
            f"First load since {load['since']}: {load['pages_of_builds']:,} pages of builds, "
            + (f"about {minutes:,.0f} min" if minutes >= 1 else "less than a minute of budget")
        )
    lines += [
        f"Build exports of {one_line(slug)}: {one_line(how)}" for slug, how in found.exports.items()
    ]
    if found.place and not found.place.error:
        can = "a load is writing to it" if found.place.busy else "can be written"
        lines.append(f"Destination: {found.place.destination}, {found.place.place}: {can}")
    lines += [f"Actions: {one}" for one in _actions(found)]
    if found.fresh:
        lines += [f"Data: {one}" for one in found.fresh.lines()]
    lines += [f"Mind: {warning}" for warning in found.warnings]
    lines += [f"To mend: {error}" for error in found.errors]
    lines.append(f"{'Ready' if found.ok else 'Not ready'}; {found.spent} requests spent.")
    return "\n".join(lines)


def _actions(found: Check) -> Iterator[str]:
    if not found.acting:
        return
    yield f"token with {', '.join(found.acting['scopes']) or 'no scopes'}"
    for one in found.acting["actions"]:
        yield f"{one['action']}: {'yes' if one['may'] else 'no, lacks ' + one['scope']}"
    yield f"on {one_line(', '.join(found.acting['pipelines'])) or 'nothing: pipelines is empty'}"
