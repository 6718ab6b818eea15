"""From the world to the API's JSON."""
