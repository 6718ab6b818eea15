"""The REST API over the world."""
