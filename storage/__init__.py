"""What is known and where it lies: records, settings, the ledger, the grant at rest, and imports."""

__version__ = "0.1.0"
