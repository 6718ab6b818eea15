"""Which loaded organizations and pipelines have the builds that events named; without a request."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import dlt
import orjson
from dlt.extract import DltResource

from buildkite_source.client import BuildkiteSession, HintsRead, RawItem
from buildkite_source.events import Hint
from buildkite_source.settings import Scope
from buildkite_source.tables import BUILDS, ORGANIZATIONS, PIPELINES
from buildkite_source.warehouse.stored import rows_among, rows_of, stored_tables

# A slug that was given up can be another's now: whoever had it when last seen comes last.
_ORGANIZATIONS = "SELECT id, slug FROM organizations ORDER BY fetched_at"
_CREATED = "SELECT id, created_at FROM builds"
_PIPELINES = """
SELECT id, slug, organization_id, organization_slug FROM pipelines ORDER BY fetched_at
"""


class HintedParents:
    """The builds that events named, by the lists that have them.

    Organizations and pipelines are those of the tables, so that no request is spent on them. What
    is not loaded yet is left to the next ordinary run, which finds it.

    Args:
        hints: The builds.
        session: Hears of those that are left.
        scope: Organizations and pipelines that are wanted; others are not read.
    """

    def __init__(self, hints: Sequence[Hint], session: BuildkiteSession, scope: Scope) -> None:
        self._hints = list(hints)
        self._session = session
        self._scope = scope

    def of(self, scope: str) -> list[Hint]:
        """Return the builds of a list, `acme` or `acme/pipelines/web`."""
        return [hint for hint in self._hints if scope in (hint.organization, hint.scope)]

    def resource(self) -> DltResource:
        """Return the resource of organizations, or of pipelines where some are chosen."""

        @dlt.resource(name="hinted_parents", selected=False)
        def hinted_parents() -> Iterator[list[RawItem]]:
            self._complete()
            parents = {_scope_of(parent): parent for parent in self._parents()}
            named = sum(len(self.of(scope)) for scope in parents)
            self._session.tell(HintsRead("", 0, 0, len(self._hints) - named))
            if parents:
                yield [*parents.values()]

        return hinted_parents

    def _parents(self) -> Iterator[RawItem]:
        """Yield those that have any of the builds, as their lists would send them."""
        wanted = self._scope.organizations
        at = self._session.clock.now()
        if self._scope.pipelines:
            for key, slug, organization_id, organization in _stored(PIPELINES.name, _PIPELINES):
                item = _item({"id": key, "slug": slug}, at)
                item.update({"organization_id": organization_id, "organization_slug": organization})
                chosen = slug in self._scope.pipelines
                if chosen and (not wanted or organization in wanted) and self.of(_scope_of(item)):
                    yield item
            return
        for key, slug in _stored(ORGANIZATIONS.name, _ORGANIZATIONS):
            if (not wanted or slug in wanted) and self.of(slug):
                yield _item({"id": key, "slug": slug}, at)

    def _complete(self) -> None:
        """Find out what the tables tell and the events did not.

        That is whose builds they are, and when known ones were created: many are read by a page of
        their list then.
        """
        without = [hint.build_id for hint in self._hints if not hint.created_at]
        created: dict[str, datetime] = {}
        # One alone is asked for by its number.
        if len(without) > 1 and BUILDS.name in stored_tables():
            created = dict(rows_among(_CREATED, "id", without))
        self._hints = [
            replace(hint, created_at=created[hint.build_id]) if hint.build_id in created else hint
            for hint in self._hints
        ]
        if all(hint.organization for hint in self._hints):
            return
        owners = {row[0]: row[3] for row in _stored(PIPELINES.name, _PIPELINES)}
        every = {row[1] for row in _stored(ORGANIZATIONS.name, _ORGANIZATIONS)}
        only = every.pop() if len(every) == 1 else None
        self._hints = [
            hint
            if hint.organization
            else replace(hint, organization=owners.get(hint.pipeline_id, only))
            for hint in self._hints
        ]


def _item(fields: dict[str, Any], at: datetime) -> RawItem:
    return RawItem(orjson.dumps(fields), at)


def _scope_of(parent: RawItem) -> str:
    slug: str = parent["slug"]
    owner = parent.context.get("organization_slug")
    return f"{owner}/pipelines/{slug}" if owner else slug


def _stored(table: str, sql: str) -> list[tuple[Any, ...]]:
    return rows_of(sql) if table in stored_tables() else []
