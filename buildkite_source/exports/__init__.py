"""Build exports: builds past retention, read from a bucket or a folder without the API."""
