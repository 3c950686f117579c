"""Journeys through the real product in a real browser.

A package, unlike its neighbours: pytest ends a fixture of package scope only with a package, and
the browser has to be gone before tests of other parts start event loops of their own.
"""
