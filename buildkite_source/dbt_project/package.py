"""What a package is of, and all its files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from buildkite_source.metrics import Given, every_view, possible

from . import macros, properties
from .exposures import Exposure
from .incremental import DESCRIBED, Incremental
from .models import model
from .project import project
from .readme import readme
from .relations import ref, repeated, source
from .settings import described, settings_models, variables
from .sources import Source


@dataclass(frozen=True, slots=True)
class Package:
    """What a package is of.

    Attributes:
        dialect: SQL of the engine, as sqlglot names it.
        dataset: Schema of the loaded tables.
        sources: The loaded tables.
        given: What users set for the views, to be the values of the variables.
        exposures: What asks the models.
    """

    dialect: str
    dataset: str
    sources: Sequence[Source]
    given: Given = field(default_factory=Given)
    exposures: Sequence[Exposure] = ()


def files_of(package: Package) -> dict[str, str]:
    """Return the text of each file of a package, by its path in the folder.

    The same package has the same files, to the byte. Views of tables that it does not have are
    left out.
    """
    tables = {table.name for table in package.sources}
    views = list(possible(every_view(), tables))
    read = {name for view in views for name in view.reads}
    settings = {name: text for name, text in settings_models(package.dialect) if name in read}
    incremental = Incremental(views, tables, variables(package.given), package.dialect)
    keys = {view.name: (ref(view.name), tuple(view.key)) for view in views}
    keys |= {table.name: (source(table.name), table.key) for table in package.sources}
    names = {view.name for view in views}
    return {
        "dbt_project.yml": _yaml(project(package.dataset, package.given, incremental)),
        "README.md": readme(package.dialect),
        "macros/check_target.sql": macros.check_target(package.dialect),
        "macros/values.sql": macros.VALUES,
        "models/sources.yml": _yaml(properties.sources(package.sources)),
        "models/exposures.yml": _yaml(properties.exposures(package.exposures, tables, names)),
        "models/metrics/metrics.yml": _yaml(properties.models(views)),
        "models/settings/settings.yml": _yaml(
            properties.described(one for one in described() if one[0] in settings)
        ),
        **{f"models/settings/{name}.sql": f"{text}\n" for name, text in settings.items()},
        **{
            f"models/metrics/{view.name}.sql": (
                f"{model(view, tables, incremental, package.dialect)}\n"
            )
            for view in views
        },
        **incremental.files(),
        **(
            {"models/incremental/incremental.yml": _yaml(properties.described(DESCRIBED))}
            if incremental.files()
            else {}
        ),
        **{
            f"tests/{name}_key.sql": f"{repeated(relation, key, package.dialect)}\n"
            for name, (relation, key) in keys.items()
            if len(key) > 1
        },
    }


def _yaml(value: Mapping[str, Any]) -> str:
    """Return a value as YAML, its keys in their order."""
    text: str = yaml.safe_dump(value, sort_keys=False, width=100, allow_unicode=True)
    return text
