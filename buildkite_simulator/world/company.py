"""The company the demo world shows: its people, queues and pipelines."""

from typing import NamedTuple


class Plan(NamedTuple):
    """A pipeline of the company: what it is, and how often it builds."""

    name: str
    slug: str
    recipe: str
    weight: float
    deploy: str | None = None
    uploads: bool = False
    skip_queued: bool = False
    cancel_running: bool = False
    schedule: int | None = None
    merge_queue: bool = False
    emoji: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()


ORGANIZATIONS = (
    ("lumen-freight", "Lumen Freight"),
    ("lumen-labs", "Lumen Labs ✨"),
    ("halyard", "Halyard & Söhne"),
)

PEOPLE = (
    "Ada Okonkwo",
    "Zoë Müller",
    "Søren Ågård",
    "李 小龙",
    "Maya O'Brien",
    "Tomáš Dvořák",
    "Priya Raman",
    'José "Pepe" Núñez',
    "Fatima Al-Sayed",
    "Kwame Mensah",
    "Ingrid Solheim",
    "Robert <Bobby> Tables",
    "Élodie Petit",
    "Noah Kim",
    "deploy-bot 🤖",
)

QUEUES: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("default", "Linux", {"agents": 30}),
    ("builders", "Linux", {"wait_seconds": 14.0, "busy_factor": 7.0, "agents": 8}),
    (
        "mac",
        "Apple",
        {"wait_seconds": 45.0, "busy_factor": 11.0, "agents": 5, "os": "darwin", "arch": "arm64"},
    ),
    (
        "gpu",
        "Research",
        {"wait_seconds": 240.0, "busy_factor": 8.0, "agents": 2, "plain_logs": True},
    ),
    ("deploy", "Production", {"wait_seconds": 4.0, "busy_factor": 1.5, "agents": 4}),
)

PIPELINES = (
    Plan(
        "Storefront",
        "storefront",
        "web",
        9,
        "deploy-storefront",
        uploads=True,
        cancel_running=True,
        merge_queue=True,
        emoji=":shopping_trolley:",
        tags=("tier-1", "web"),
        description="The shop: everything a customer sees.",
    ),
    Plan(
        "Deploy storefront",
        "deploy-storefront",
        "deployment",
        0,
        emoji=":rocket:",
        tags=("deploy",),
    ),
    Plan(
        "Orders API",
        "orders-api",
        "service",
        5,
        "deploy-orders",
        uploads=True,
        cancel_running=True,
        tags=("tier-1",),
    ),
    Plan("Deploy orders", "deploy-orders", "deployment", 0, tags=("deploy",)),
    Plan(
        "Mobile app 📱", "mobile-app", "mobile", 4, uploads=True, skip_queued=True, tags=("mobile",)
    ),
    Plan("Nightly end-to-end", "nightly-e2e", "nightly", 0, uploads=True, schedule=2),
    Plan("Infrastructure", "infrastructure", "infrastructure", 3, tags=("platform",)),
    Plan(
        "Payments",
        "payments",
        "service",
        4,
        "deploy-payments",
        uploads=True,
        cancel_running=True,
        tags=("tier-1",),
    ),
    Plan("Deploy payments", "deploy-payments", "deployment", 0, tags=("deploy",)),
    Plan("Route planner", "route-planner", "service", 3, skip_queued=True),
    Plan("Carrier gateway", "carrier-gateway", "service", 3, cancel_running=True),
    Plan(
        "Handbuch & Docs „intern“",
        "handbuch-docs",
        "website",
        3,
        description='Docs <b>nobody</b> reads; "quotes" & ümlauts welcome',
    ),
    Plan("ETA model", "eta-model", "training", 1.2, tags=("research",)),
    Plan("py-lumen", "py-lumen", "library", 2.5, description="Shared Python helpers"),
    Plan("Nightly security scan", "nightly-security", "library", 0, schedule=4),
    Plan("Back office", "back-office", "web", 3, uploads=True, cancel_running=True),
    Plan("Notifications", "notifications", "service", 2, skip_queued=True),
    Plan("Identity", "identity", "gated", 2),
    Plan("Search", "search", "gated", 2),
    Plan("Pricing engine", "pricing-engine", "service", 2, cancel_running=True),
    Plan("Warehouse scanner", "warehouse-scanner", "mobile", 1.2, skip_queued=True),
    Plan("Data platform", "data-platform", "service", 2),
    Plan("dbt models", "dbt-models", "library", 1.5),
    Plan("Design system", "design-system", "website", 1.5),
    Plan("Feature flags", "feature-flags", "service", 1),
    Plan("Invoice renderer", "invoice-renderer", "service", 1),
    Plan("Customs declarations", "customs-declarations", "service", 1),
    Plan("Fleet telemetry", "fleet-telemetry", "service", 1.3),
    Plan("Geocoder", "geocoder", "library", 0.8),
    Plan("Support console", "support-console", "web", 1.2, uploads=True),
    Plan("Partner portal", "partner-portal", "web", 1.0, uploads=True, cancel_running=True),
    Plan("Base images", "base-images", "library", 0.5, schedule=5),
    Plan("Kubernetes config", "kubernetes-config", "infrastructure", 1),
    Plan("Marketing site", "marketing-site", "website", 1),
    Plan("Demand forecast", "demand-forecast", "training", 0.5),
    Plan("legacy/monolith (frozen)", "legacy-monolith-frozen", "library", 0.15, description=None),
)

LABS_PIPELINES = (
    Plan("Storefront", "storefront", "library", 2, description="Same slug as the big one"),
    Plan("Robot arm 🦾", "robot-arm", "service", 2),
    Plan("papers", "papers", "website", 1),
)

TOPICS = (
    "checkout",
    "retry-budget",
    "tracking-page",
    "vat-rules",
    "login",
    "größe-feld",
    "cache-keys",
    "dark-mode",
    "bulk-upload",
    "webhook-signing",
    "csv-export",
    "timezone-bug",
    "a11y",
    "n+1",
)
VERBS = ("fix", "feature", "chore", "refactor", "perf")
MESSAGES = (
    "Fix rounding of {topic}",
    "Add {topic} to the settings page",
    "Speed up {topic} by 30% 🚀",
    'Revert "Rework {topic}"',
    "Handle `null` in {topic} <script>alert(1)</script>",
    "{topic}: less code, same tests",
    "Umlaute in {topic} korrigieren (äöüß)",
    "Bump dependencies of {topic}",
    "WIP {topic}\n\nNot ready yet; see the thread.\n\nCo-authored-by: Zoë <zoe@lumen.example>",
)
