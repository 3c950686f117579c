"""Use-cases: one verb, one function, one transaction. Imports the core and the ports only."""
