"""Faults: the real service is killed, starved, cut off and flooded while real clients use it, and
afterwards the invariants are judged over what was acknowledged and what is in the database.

docs/design/reliability.md says how it hangs together, docs/reliability.md what it has shown.
"""
