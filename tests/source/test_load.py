from datetime import timedelta
from pathlib import Path

import dlt
import pytest

from buildkite_simulator import Simulator
from buildkite_source import buildkite_source
from buildkite_source.tables import TABLES
from tests.beginnings import Beginnings
from tests.oracle import differences

from .conftest import Loader

TABLE_NAMES = [table.name for table in TABLES]


def paths(simulator: Simulator) -> list[str]:
    return [request.path for request in simulator.requests]


def test_constructing_the_source_sends_nothing(simulator: Simulator, workspace: Path) -> None:
    source = buildkite_source(simulator.token, simulator.base_url, organizations=["x"])
    assert list(source.selected_resources) == TABLE_NAMES
    assert simulator.requests == []


def test_every_table_equals_the_world_and_costs_the_lists_only(
    loader: Loader, simulator: Simulator, beginnings: Beginnings
) -> None:
    beginnings.begin(simulator, loader.folder, "builds", loader.load)
    assert differences(loader.tables(), loader.truth()) == []
    builds = loader.rows("builds")
    assert len(builds) > 30
    assert {row["type"] for row in loader.rows("jobs")} >= {"script", "waiter"}
    assert len(simulator.requests) == 1 + 1 + -(-len(builds) // 100)


@pytest.mark.parametrize(
    "switches",
    [
        {
            "waiter_fields": "full",
            "pipeline_dates": "spaced",
            "job_agent": "brief",
            "link_relations": "next_only",
            "gate_times": True,
            "subsecond_filters": "rejected",
        },
        {
            "author_present": False,
            "recorded_only_fields": False,
            "optional_pipeline_fields": False,
            "finished_at": "never_moves",
            "gzip": False,
        },
    ],
    ids=["more", "less"],
)
def test_the_tables_are_true_under_every_shape(
    loader: Loader, simulator: Simulator, switches: dict[str, object]
) -> None:
    for switch, value in switches.items():
        assert getattr(simulator.switches, switch) != value
        setattr(simulator.switches, switch, value)
    loader.load()
    assert differences(loader.tables(), loader.truth()) == []


def test_a_second_run_costs_the_lists_and_changes_nothing_and_new_builds_come_with_the_next(
    loaded: Loader, simulator: Simulator
) -> None:
    before = loaded.tables()
    loaded.load()
    assert differences(loaded.tables(), before) == []
    organization = simulator.world.organizations[0].slug
    assert paths(simulator) == [
        "/v2/organizations",
        f"/v2/organizations/{organization}/pipelines",
        *[f"/v2/organizations/{organization}/builds"] * 3,
    ]
    simulator.reset_requests()
    loaded.clock.world.advance(timedelta(hours=5))
    loaded.load()
    assert set(loaded.tables()["builds"]) == set(loaded.truth()["builds"])
    assert len(simulator.requests) == 5


def test_a_longer_since_fetches_the_missing_part_only(loader: Loader, simulator: Simulator) -> None:
    loader.load_only("builds", since="1d")
    some = {row["id"] for row in loader.rows("builds")}
    assert some < set(loader.truth()["builds"])
    simulator.reset_requests()
    loader.load_only("builds", since="3d")
    windows = [
        (dict(request.query)["created_from"], dict(request.query)["created_to"])
        for request in simulator.requests
        if request.path.endswith("/builds")
    ]
    assert windows[0] == ("2026-09-16T13:55:00Z", "2026-09-16T14:00:00Z")
    assert windows[-1] == ("2026-09-13T14:00:00Z", "2026-09-15T14:00:00Z")
    assert len(windows) == 4


def test_a_world_without_builds_makes_every_table(loader: Loader, workspace: Path) -> None:
    from buildkite_simulator import ManualClock, WorldConfig

    from .conftest import PRESENT, WorldClock

    with Simulator(WorldConfig.empty(), clock=ManualClock(PRESENT)) as empty:
        barren = Loader(empty, workspace, WorldClock(empty.world.clock), "barren")
        barren.load()
        assert barren.rows("builds") == barren.rows("jobs") == barren.rows("pipelines") == []
        schema = barren.pipeline().default_schema
        for table in TABLES:
            names = {column.name for column in table.without_secrets().columns}
            assert names <= set(schema.tables[table.name]["columns"])


def test_one_table_can_be_loaded_alone_and_one_added_later_gets_its_history(
    loader: Loader, simulator: Simulator
) -> None:
    loader.load_only("builds")
    assert loader.rows("builds")
    assert "jobs" not in loader.stored_tables()
    assert not any(path.endswith("/pipelines") for path in paths(simulator))
    loader.load()
    assert differences(loader.tables(), loader.truth()) == []


def test_a_limited_run_does_not_claim_what_it_left(loader: Loader, simulator: Simulator) -> None:
    organization = simulator.world.organizations[0]
    for _ in range(40):
        simulator.world.create_build(organization, organization.pipelines[0])
    loader.clock.world.advance(timedelta(minutes=1))
    loader.pipeline().run(loader.source(catalog=[]).add_limit(1))
    assert len(loader.rows("builds")) == 100
    loader.load_only("builds")
    assert {row["id"] for row in loader.rows("builds")} == set(loader.truth()["builds"])


def test_limits_survive_with_resources_and_count_rows(loader: Loader) -> None:
    source = loader.source(catalog=[]).with_resources("builds", "jobs")
    loader.pipeline().run(source.add_limit(150, count_rows=True))
    assert len(loader.rows("builds")) <= 200


def test_another_dataset_and_the_dataset_interface(loader: Loader, workspace: Path) -> None:
    pipeline = dlt.pipeline(
        "mine",
        destination=dlt.destinations.duckdb(str(workspace / "mine.duckdb")),
        dataset_name="d",
    )
    pipeline.run(loader.source(catalog=[]).with_resources("builds", "jobs"))
    frame = pipeline.dataset().builds.df()
    assert len(frame) == len(loader.truth()["builds"])
