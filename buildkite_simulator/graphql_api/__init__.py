"""Buildkite's GraphQL API, as far as builds and what hangs on them go."""
