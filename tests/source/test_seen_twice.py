"""Two versions of a build in one load: the newer one is kept."""

from tests.oracle import differences

from .conftest import Loader
from .seen_twice import load_while_a_build_ends, versions_of


def test_of_two_versions_in_one_load_the_newest_is_kept(loaded: Loader) -> None:
    build = load_while_a_build_ends(loaded, lambda: loaded.load_only("builds", "jobs"))
    got, want = versions_of(build, loaded.tables()), versions_of(build, loaded.truth())
    assert want["builds"][build.id]["state"] == "passed"
    assert differences(got, want) == []
