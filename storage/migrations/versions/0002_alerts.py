"""What was told of alerts to which address, so that machines on one Postgres do not tell the same twice."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = "id text NOT NULL PRIMARY KEY, audience text NOT NULL, subject text NOT NULL, recorded_at {moment} NOT NULL, state text NOT NULL, ended {flag} NOT NULL"


def statements(engine: str) -> list[str]:
    """The SQL of this revision for `sqlite` or `postgresql`, in order."""
    if engine == "sqlite":
        return [f"CREATE TABLE alert_told ({_COLUMNS.format(moment='text', flag='integer')}) STRICT"]
    columns = _COLUMNS.format(moment="timestamptz", flag="boolean")
    return [f"CREATE TABLE alert_told ({columns}, arrived bigint GENERATED ALWAYS AS IDENTITY UNIQUE)"]


def upgrade() -> None:
    """Applies this revision through Alembic."""
    from alembic import op

    for statement in statements(op.get_context().dialect.name):
        op.execute(statement)
