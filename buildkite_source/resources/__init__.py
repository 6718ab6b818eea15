"""Pages of items become dlt resources that yield Arrow tables."""
