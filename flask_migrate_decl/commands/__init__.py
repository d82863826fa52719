"""Every command as a plain function, which returns what it found or did.

Each module imports what its own commands need: those of ``revisions`` Alembic, those of
``configuration`` only the configuration.
"""
