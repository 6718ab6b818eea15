"""Questions in SQL to the metric views, what they gave, and numbers as people read them."""
