"""The grant at rest: stores in Vault, the OS keyring or a private file, and the write-ahead journal."""
