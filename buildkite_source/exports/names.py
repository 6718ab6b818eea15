"""What an organization and a pipeline are called: exports name folders by UUIDs alone."""

from functools import cached_property

from buildkite_source.client import RawItem
from buildkite_source.tables import ORGANIZATIONS, PIPELINES
from buildkite_source.tables.model import url_part
from buildkite_source.warehouse.stored import rows_of, stored_tables

from .layout import BuildFolder

_ORGANIZATION, _PIPELINE = url_part("organizations"), url_part("pipelines")


class Names:
    """Slugs by UUID, as the tables of organizations and pipelines have them."""

    def context(self, folder: BuildFolder, build: RawItem) -> dict[str, object]:
        """Return what the columns of a build and of what hangs on it take from around them.

        Slugs are those of the build's own address, then those of the tables, then UUIDs.
        """
        url, number = build.get("url"), build.get("number")
        url = url if isinstance(url, str) else None
        organization_id, pipeline_id = folder.day.organization_id, folder.pipeline_id
        return {
            "organization_id": organization_id,
            "organization_slug": _ORGANIZATION(url)
            or self._organizations.get(organization_id, organization_id),
            "pipeline_id": pipeline_id,
            "pipeline_slug": _PIPELINE(url) or self._pipelines.get(pipeline_id, pipeline_id),
            "build_id": folder.build_id,
            "build_number": number if type(number) is int else None,
        }

    @cached_property
    def _organizations(self) -> dict[str, str]:
        return _slugs(ORGANIZATIONS.name)

    @cached_property
    def _pipelines(self) -> dict[str, str]:
        return _slugs(PIPELINES.name)


def _slugs(table: str) -> dict[str, str]:
    if table not in stored_tables():
        return {}
    return {key: slug for key, slug in rows_of(f"SELECT id, slug FROM {table}") if slug}  # noqa: S608
