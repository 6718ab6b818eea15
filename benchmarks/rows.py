"""What a contender left: rows, distinct ids and a fingerprint of builds and jobs, as JSON."""

import json
import sys

import duckdb

from .contenders import QUERIES


def main(contender: str, database: str) -> None:
    """Print one triple for builds and one for jobs."""
    with duckdb.connect(database, read_only=True) as connection:
        triples = [
            connection.execute(
                "select count(*), count(distinct id::varchar), "
                "bit_xor(hash(id::varchar, state::varchar, number::bigint)) "
                f"from ({query})"
            ).fetchone()
            for query in QUERIES[contender]
        ]
    print(json.dumps(triples))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
