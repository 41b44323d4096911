"""One history of the database for SQLite and Postgres; `storage.schema` applies it."""
