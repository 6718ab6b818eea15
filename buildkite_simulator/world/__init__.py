"""The CI world: a seeded model whose state at any instant follows from plans and moves."""
