"""Columns that several sections have."""

from buildkite_source.digest.model import Column

ORGANIZATION = Column("organization_slug", "Organization", shown="differs")
PIPELINE = Column("pipeline_slug", "Pipeline", link="pipeline_url")
STEP = Column("step", "Step")
