"""The macros of a package."""

# What dbt calls the adapter of an engine, where it is not the name of its dialect.
_ADAPTERS = {"tsql": ("sqlserver", "fabric", "synapse")}

VALUES = """{% macro text(value) -%}
  {{ dbt.string_literal(dbt.escape_single_quotes(value | string)) }}
{%- endmacro %}

{% macro price(value, variable) -%}
  {%- if value is not number or value is boolean or value < 0 -%}
    {{ exceptions.raise_compiler_error(variable ~ " must hold a price per hour for each queue, unlike " ~ value) }}
  {%- endif -%}
  {{ value }}
{%- endmacro %}

{% macro one_of(value, known, variable) -%}
  {%- if value not in known -%}
    {{ exceptions.raise_compiler_error(variable ~ " must be " ~ known | join(" or ") ~ ", unlike " ~ value) }}
  {%- endif -%}
  {{ buildkite.text(value) }}
{%- endmacro %}
"""  # noqa: E501 - as dbt prints it


def check_target(dialect: str) -> str:
    """Return the macro that refuses a target whose engine or schema would not do.

    Args:
        dialect: Of the package's SQL, as sqlglot names it.
    """
    adapters = ", ".join(f"'{name}'" for name in _ADAPTERS.get(dialect, (dialect,)))
    return f"""{{% macro check_target() -%}}
  {{%- if target.type not in [{adapters}] -%}}
    {{{{ exceptions.raise_compiler_error(
      "This package is in the SQL of {dialect}, and the target is of " ~ target.type
      ~ ": write another with buildkite-pipeline dbt-project --destination."
    ) }}}}
  {{%- endif -%}}
  {{%- if target.schema == var('buildkite_schema') -%}}
    {{{{ exceptions.raise_compiler_error(
      "The target's schema is that of the loaded tables, where buildkite-pipeline keeps views of "
      ~ "the same names: give the target another schema."
    ) }}}}
  {{%- endif -%}}
{{%- endmacro %}}
"""
