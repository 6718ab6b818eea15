"""The page that a package brings along."""


def readme(dialect: str) -> str:
    """Return the page.

    Args:
        dialect: Of the package's SQL.
    """
    return f"""# Buildkite, as a dbt package

The tables that buildkite-pipeline loads, as sources, and its metric views, as models, in the SQL of
{dialect}. Written by `buildkite-pipeline dbt-project`, from the definitions that its own views are
made from; run that again after an upgrade. Files that were changed here are not written over.

## Use

In a project of your own, `packages.yml` names the folder:

```yaml
packages:
  - local: buildkite
```

and `dbt_project.yml` says what is to be otherwise:

```yaml
models:
  buildkite:
    metrics:
      +schema: ci
      +materialized: table
vars:
  buildkite:
    buildkite_schema: buildkite_data
```

The heavy models are incremental: each run works out again the builds that have changed since the
last one, all of them when a variable or the package is another. `--full-refresh` begins anew.

Or run the folder as a project, with a profile named `buildkite`. The target's schema must be
another than that of the loaded tables, where views of the same names stand.

## Variables

| Variable | Meaning |
| --- | --- |
| `buildkite_schema` | schema of the loaded tables |
| `buildkite_database` | database of the loaded tables; by default that of the target |
| `buildkite_queue_prices` | price of an hour of agent time, by queue |
| `buildkite_deploying_pipelines` | slugs of pipelines that deploy, beside those tagged `deploy` |
| `buildkite_blocked_builds` | what builds at a block step count as: `by_state` or `open` |
| `buildkite_blocked_builds_by_pipeline` | the same for some pipelines, by slug |
| `buildkite_open_days` | builds created earlier are not followed by loads |
"""
