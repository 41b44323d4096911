"""The kinds of trouble that end a command, each with its exit status; a message is one line for the person to read."""


class Trouble(Exception):
    """Something the person must know: what happened, where, and what to do, in one line.

    The message never holds a token, a secret, a UTR or a NINO.
    """

    exit_status = 1


class BadInput(Trouble):
    """Bad usage, configuration or input: nothing was stored."""

    exit_status = 2


class SignInNeeded(Trouble):
    """There is no usable grant: the person has to sign in at HMRC."""

    exit_status = 3


class HmrcTrouble(Trouble):
    """HMRC failed, refused, or could not be reached."""

    exit_status = 4


class StorageTrouble(Trouble):
    """This machine's own storage could not be read or written."""

    exit_status = 5


class PostgresAway(StorageTrouble):
    """Postgres could not be reached now: nothing is lost, and the next contact does what this one could not."""
