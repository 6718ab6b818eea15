"""Organizations and pipelines coming, changing and going, and builds falling out of retention."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from buildkite_simulator.instants import DAY, instant, time_ordered_uuid
from buildkite_simulator.world.journal import note
from buildkite_simulator.world.machines import Queue
from buildkite_simulator.world.model import Build, Cluster, Organization, Pipeline, Step
from buildkite_simulator.world.people import User
from buildkite_simulator.world.store import RefusedError, Store

# What the audit log tells of a change.
_TOLD = {"slug", "repository", "description", "default_branch", "visibility"}


class Estate(Store):
    """What the builds live in."""

    def add_organization(self, slug: str, name: str | None = None) -> Organization:
        """Add an organization with one user and one queue."""
        created = instant(self.clock.now()) - 900 * DAY
        organization = Organization(
            id=time_ordered_uuid(created, self.config.seed, slug),
            slug=slug,
            name=name or slug.replace("-", " ").title(),
            created=created,
        )
        self.organizations.append(organization)
        founder = self.add_user(organization, "Ada Okonkwo")
        note(organization, created, "OrganizationCreated", organization, founder)
        self.add_queue(organization, "default")
        return organization

    def add_user(self, organization: Organization, name: str, email: str | None = None) -> User:
        """Add a user to an organization."""
        created = organization.created + len(organization.users) * DAY
        address = email or f"{name.split()[0].lower()}@{organization.slug}.example"
        user_id = time_ordered_uuid(created, self.config.seed, organization.slug, name)
        user = User(user_id, name, address, created)
        organization.users.append(user)
        note(organization, created, "OrganizationMemberCreated", user, organization.users[0])
        return user

    def add_queue(
        self,
        organization: Organization,
        key: str,
        cluster: str = "Default cluster",
        **traits: object,
    ) -> Queue:
        """Add a queue to one of an organization's clusters."""
        created = organization.created
        home = organization.clusters.get(cluster)
        if home is None:
            cluster_id = time_ordered_uuid(created, organization.id, "cluster", cluster)
            home = organization.clusters[cluster] = Cluster(
                cluster_id, cluster, organization, created
            )
            note(organization, created, "ClusterCreated", home, organization.users[0])
        queue = Queue(
            id=time_ordered_uuid(created, organization.id, "queue", key),
            key=key,
            cluster_id=home.id,
            **traits,  # type: ignore[arg-type]
        )
        organization.queues[key] = queue
        return queue

    def add_pipeline(
        self,
        organization: str | Organization,
        slug: str,
        steps: tuple[Step, ...] | list[Step] | None = None,
        *,
        at: int | None = None,
        **fields: object,
    ) -> Pipeline:
        """Add a pipeline; without steps it gets one command step, `test`."""
        with self.lock:
            owner = self.organization(organization)
            created = instant(self.clock.now()) if at is None else at
            self.epoch += 1
            fields.setdefault("name", slug.replace("-", " ").title())
            fields.setdefault("repository", f"git@github.com:{owner.slug}/{slug}.git")
            fields.setdefault("created_by", owner.users[0])
            fields.setdefault("cluster_id", owner.queues["default"].cluster_id)
            pipeline = Pipeline(
                id=time_ordered_uuid(created, owner.id, slug, self.epoch),
                organization=owner,
                slug=slug,
                created=created,
                steps=tuple(
                    steps or [Step(key="test", label=":test_tube: Test", command="make test")]
                ),
                **fields,  # type: ignore[arg-type]
            )
            owner.pipelines.append(pipeline)
            note(owner, created, "PipelineCreated", pipeline, pipeline.created_by)
            return pipeline

    def archive_pipeline(
        self, organization: str | Organization, slug: str | Pipeline, *, at: int | None = None
    ) -> Pipeline:
        """Archive a pipeline; its builds stay."""
        with self.lock:
            pipeline = self.pipeline(organization, slug)
            now = self.catch_up() if at is None else at
            pipeline.archived = now
            note(pipeline.organization, now, "PipelineArchived", pipeline, pipeline.created_by)
            self.epoch += 1
            return pipeline

    def unarchive_pipeline(
        self, organization: str | Organization, slug: str | Pipeline
    ) -> Pipeline:
        """Take a pipeline out of the archive."""
        with self.lock:
            pipeline = self.pipeline(organization, slug)
            now, pipeline.archived = self.catch_up(), None
            note(pipeline.organization, now, "PipelineUnarchived", pipeline, pipeline.created_by)
            self.epoch += 1
            return pipeline

    def rename_pipeline(
        self,
        organization: str | Organization,
        slug: str | Pipeline,
        new_slug: str,
        name: str | None = None,
    ) -> Pipeline:
        """Give a pipeline a new slug and perhaps a new name; its id stays."""
        pipeline = self.pipeline(organization, slug)
        return self.update_pipeline(pipeline, {"slug": new_slug, "name": name or pipeline.name})

    def update_pipeline(self, pipeline: Pipeline, fields: Mapping[str, Any]) -> Pipeline:
        """Give fields of a pipeline new values; `settings` are added to those it has."""
        with self.lock:
            owner, now = pipeline.organization, self.catch_up()
            slug = fields.get("slug", pipeline.slug)
            if any(each.slug == slug for each in owner.pipelines if each is not pipeline):
                raise RefusedError(422, "Slug has already been taken")
            given = {**fields, "settings": pipeline.settings | fields.get("settings", {})}
            told = _TOLD & given.keys()
            changes = {name: [getattr(pipeline, name), given[name]] for name in sorted(told)}
            for name, value in given.items():
                setattr(pipeline, name, value)
            note(owner, now, "PipelineUpdated", pipeline, pipeline.created_by, changes=changes)
            self.epoch += 1
            return pipeline

    def delete_pipeline(self, organization: str | Organization, slug: str | Pipeline) -> None:
        """Delete a pipeline and its builds."""
        with self.lock:
            now = self.catch_up()
            pipeline = self.pipeline(organization, slug)
            owner = pipeline.organization
            owner.pipelines.remove(pipeline)
            note(owner, now, "PipelineDeleted", pipeline, pipeline.created_by)
            self.epoch += 1
            owner.builds = [build for build in owner.builds if build.pipeline is not pipeline]
            pipeline.builds, pipeline.numbers = [], {}

    def expire(self, what: Build | datetime) -> int:
        """Let a build, or all created before a moment, fall out of retention; return how many."""
        with self.lock:
            self.catch_up()
            gone = [what] if isinstance(what, Build) else self._created_before(instant(what))
            for build in gone:
                build.pipeline.builds.remove(build)
                build.pipeline.numbers.pop(build.number)
                build.pipeline.organization.builds.remove(build)
            self.moves += 1
            return len(gone)

    def _created_before(self, moment: int) -> list[Build]:
        return [
            build
            for organization in self.organizations
            for build in organization.builds[
                : bisect_left(organization.builds, moment, key=lambda build: build.created)
            ]
        ]
