"""Which builds have changed since heavy views were kept, and their rows, in temporary tables.

Work goes in batches of whole commits. A batch has the ids of its builds, its commits, and the rows
of these builds in the tables that views read.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlglot import exp

from .asking import Connection
from .materialized import (
    BY_BUILD,
    BY_COMMIT,
    LEDGER,
    ROWS,
    UNITS,
    batch_of,
    table_of,
)
from .views import View, view_names

PIPELINES = "materialized_pipelines"
# What is kept of pipelines in the rows of their builds.
OF_PIPELINES = "SELECT id, slug, default_branch FROM pipelines"
# As they were when changes were looked for; another load may come meanwhile.
FOUND_PIPELINES = "changed_pipelines"
_SEEDS, _COMMITS, _CHANGED = "changed_seeds", "changed_of_seeds", "changed_in_batches"
_OWN = (FOUND_PIPELINES, _SEEDS, _COMMITS, _CHANGED)
_OF_BATCH = (*UNITS.values(), *(name for name, _ in ROWS.values()), *map(batch_of, view_names()))
TEMPORARY = frozenset((*_OWN, *_OF_BATCH))
_KEPT = table_of(LEDGER)
_COMMIT = "CASE WHEN commit <> 'HEAD' THEN commit END"


class Changed:
    """The builds that have changed, by what is kept of them.

    Args:
        connection: Open; the tables are its own.
        columns: Columns of each table of the dataset.
        size: Builds of a batch, more or less: no commit is in two.
    """

    def __init__(
        self, connection: Connection, columns: Mapping[str, Collection[str]], size: int
    ) -> None:
        self._to = connection
        self._columns = columns
        self._size = size
        self._spans: dict[tuple[str, int], str] = {}

    def find(self, since: Mapping[str, str]) -> None:
        """Find what is not kept as it is now, with all that is of the same commits.

        Args:
            since: Tables beside the builds of which rows may have come without their build, and
                conditions for what is new of them.
        """
        self._to.create(FOUND_PIPELINES, OF_PIPELINES)
        same = f"{_KEPT} AS k ON k.build_id = b.id"
        other = f"""
            SELECT c.id FROM {FOUND_PIPELINES} AS c
            LEFT JOIN {PIPELINES} AS k ON k.id = c.id AND k.slug IS NOT DISTINCT FROM c.slug
              AND k.default_branch IS NOT DISTINCT FROM c.default_branch
            WHERE k.id IS NULL
            UNION SELECT k.id FROM {PIPELINES} AS k
            LEFT JOIN {FOUND_PIPELINES} AS c ON c.id = k.id WHERE c.id IS NULL"""
        parts = [
            f"SELECT b.id AS build_id FROM builds AS b LEFT JOIN {same} WHERE k.build_id IS NULL "
            "OR k.fetched_at IS DISTINCT FROM b.fetched_at",
            f"SELECT k.build_id FROM {_KEPT} AS k LEFT JOIN builds AS b ON b.id = k.build_id "
            "WHERE b.id IS NULL",
            f"SELECT id FROM builds WHERE pipeline_id IN ({other})",
            *(f"SELECT build_id FROM {name} WHERE {new}" for name, new in since.items()),
        ]
        self._to.create(_SEEDS, " UNION ".join(parts))
        self._with_commits()

    def find_all(self) -> None:
        """Take all builds."""
        self._to.create(_SEEDS, "SELECT id AS build_id FROM builds")
        self._with_commits()

    def _with_commits(self) -> None:
        """Add the builds of the same commits, and divide all into batches."""
        now = f"SELECT id AS build_id, pipeline_id, {_COMMIT} AS commit, created_at FROM builds"
        kept = f"SELECT build_id, pipeline_id, commit, created_at FROM {_KEPT}"
        either = f"{now} UNION ALL {kept}"
        self._to.create(
            _COMMITS,
            f"SELECT DISTINCT a.pipeline_id, a.commit FROM ({either}) AS a JOIN {_SEEDS} AS s "
            "ON s.build_id = a.build_id WHERE a.commit IS NOT NULL",
        )
        # A build without a commit is a batch's smallest part by itself; a commit whose builds are
        # all of another by now has none.
        self._to.create(
            _CHANGED,
            f"""
            WITH units AS (
              SELECT n.build_id, n.pipeline_id, n.commit, n.created_at FROM ({now}) AS n
              JOIN {_COMMITS} AS c ON c.pipeline_id = n.pipeline_id AND c.commit = n.commit
              UNION ALL
              SELECT s.build_id, n.pipeline_id, NULL, n.created_at FROM {_SEEDS} AS s
              LEFT JOIN ({now}) AS n ON n.build_id = s.build_id WHERE n.commit IS NULL
              UNION ALL
              SELECT NULL, pipeline_id, commit, NULL FROM {_COMMITS}
            ), sized AS (
              SELECT pipeline_id, coalesce(commit, build_id) AS name, count(build_id) AS builds,
                min(created_at) AS since
              FROM units GROUP BY 1, 2
            ), placed AS (
              SELECT pipeline_id, name,
                sum(builds) OVER (ORDER BY since, pipeline_id, name) AS place
              FROM sized
            )
            SELECT u.build_id, u.pipeline_id, u.commit,
              CAST(floor(greatest(p.place - 1, 0) / {float(self._size)}) AS BIGINT) AS batch
            FROM units AS u
            JOIN placed AS p ON p.name = coalesce(u.commit, u.build_id)
              AND p.pipeline_id IS NOT DISTINCT FROM u.pipeline_id
            """,
        )

    def batches(self) -> Sequence[tuple[int, int]]:
        """Return the number of each batch, and how many builds it has."""
        found = self._to.rows(
            f"SELECT batch, count(DISTINCT build_id) FROM {_CHANGED} GROUP BY 1 ORDER BY 1"
        )
        self._spans = self._find_spans() if len(found) > 1 and "jobs" in self._columns else {}
        return [(int(batch), int(builds)) for batch, builds in found]

    def take(self, batch: int, views: Sequence[View]) -> None:
        """Take the rows of a batch that these views read."""
        of_batch = f"FROM {_CHANGED} WHERE batch = {batch}"
        self._to.create(UNITS[BY_BUILD], f"SELECT DISTINCT build_id {of_batch} AND build_id <> ''")
        self._to.create(
            UNITS[BY_COMMIT],
            f"SELECT DISTINCT pipeline_id, commit {of_batch} AND commit IS NOT NULL",
        )
        names = {column.name for view in views for column in view.query.find_all(exp.Column)}
        for table, (name, key) in ROWS.items():
            if table in self._columns:
                wanted = ", ".join(
                    f"r.{one}" for one in sorted({*names, key} & {*self._columns[table]})
                )
                self._to.create(
                    name,
                    f"SELECT {wanted} FROM {table} AS r "
                    f"JOIN {UNITS[BY_BUILD]} AS u ON u.build_id = r.{key} "
                    f"WHERE {self._spans.get((table, batch), 'TRUE')}",
                )

    def _find_spans(self) -> dict[tuple[str, int], str]:
        """Return by table and batch the condition that a row was created when those of it were.

        The jobs lie in that order, more or less, and others need not be looked at. Those that come
        meanwhile are fetched after the changes were found, and are for the next time.
        """
        found = self._to.rows(
            f"""
            SELECT c.batch, count(*) = count(r.created_at), min(r.created_at), max(r.created_at)
            FROM jobs AS r JOIN {_CHANGED} AS c ON c.build_id = r.build_id GROUP BY 1
            """
        )
        return {
            ("jobs", int(batch)): f"r.created_at >= '{first.isoformat()}' "
            f"AND r.created_at <= '{last.isoformat()}'"
            for batch, all_are_known, first, last in found
            if all_are_known
        }

    def close(self) -> None:
        """Take the temporary tables away."""
        for name in sorted(TEMPORARY):
            self._to.drop(name)
