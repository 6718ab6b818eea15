"""What clusters of hosted agents have besides: images, networks, cache volumes."""

from .context import CLUSTER_ID, ORGANIZATION, SEEN, key
from .model import DERIVABLE_URL, Column, Kind, Table

AGENT_IMAGES = Table(
    name="agent_images",
    description="One row per image of hosted agents",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/agent-images",
    columns=(
        Column("id", Kind.TEXT, "id", "Image id, no UUID", required=True),
        *ORGANIZATION,
        CLUSTER_ID,
        Column("name", Kind.TEXT, "name", "Name, unique within the cluster"),
        Column("status", Kind.TEXT, "status", "BUILDING, READY or FAILED"),
        Column("image_ref", Kind.TEXT, "image_ref", "Image; null until it is built"),
        Column("version", Kind.INTEGER, "version", "Version, counted up"),
        Column("base_image", Kind.TEXT, "base_image", "Image it is built on"),
        Column(
            "last_build_error", Kind.TEXT, "last_build_error", "Why its latest build failed, if so"
        ),
        Column(
            "dockerfile",
            Kind.TEXT,
            "dockerfile",
            "Instructions as given; may set variables to credentials",
            secret=True,
        ),
        Column(
            "composed_dockerfile",
            Kind.TEXT,
            "composed_dockerfile",
            "Instructions as built, with the base image",
            secret=True,
        ),
        Column("web_url", Kind.TEXT, "web_url", "Page on Buildkite"),
        *SEEN,
    ),
    omitted={"url": DERIVABLE_URL, "cluster_url": DERIVABLE_URL},
)

NETWORK_RANGES = Table(
    name="network_ranges",
    description="One row per network that a cluster's hosted agents connect from",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/network-ranges",
    columns=(
        key(CLUSTER_ID),
        Column("cidr_range", Kind.TEXT, "cidr_range", "Network, as CIDR", required=True),
        *ORGANIZATION,
        Column("kind", Kind.TEXT, "kind", "Kind of network"),
        *SEEN,
    ),
    primary_key=("cluster_id", "cidr_range"),
)

CACHE_VOLUMES = Table(
    name="cache_volumes",
    description="One row per cache volume of hosted agents; of each tag the list holds only the "
    "one detached last",
    documentation="https://buildkite.com/docs/apis/rest-api/clusters/cache-volumes",
    columns=(
        Column("id", Kind.TEXT, "id", "Volume id, no UUID", required=True),
        *ORGANIZATION,
        Column("cluster_id", Kind.TEXT, "cluster_id", "Cluster; joins clusters.id"),
        Column("tag", Kind.TEXT, "tag", "What is cached"),
        Column("size_mb", Kind.INTEGER, "size_mb", "Size, MB"),
        Column("created_at", Kind.TIMESTAMP, "created_at", "When it was created"),
        Column("attached_at", Kind.TIMESTAMP, "attached_at", "When an agent last took it"),
        Column("detached_at", Kind.TIMESTAMP, "detached_at", "When an agent last gave it back"),
        *SEEN,
    ),
)
