"""What the destination holds: asked in SQL while a source is extracted, and by readers."""
