"""A static site of what is loaded, for a team."""
