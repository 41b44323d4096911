"""Who is signed in to this machine, and how far its clock on the wall is from UTC."""

from datetime import timedelta

from daemon.fraud_headers.collect.fact import Fact, Known, Unknown
from daemon.fraud_headers.collect.machine import Machine
from daemon.fraud_headers.encoding import encode, is_placeholder
from daemon.fraud_headers.rules.user import is_recognised_offset
from storage.clock import Clock


def collect_os_user(machine: Machine) -> Fact[str]:
    """The name of the user that this process runs as; in a container whose user has no name, the user's number.

    The environment's USER and LOGNAME are not asked: anybody can set them.
    """
    name = (machine.user_name() or "").strip()
    if name and not is_placeholder(encode(name)):
        return Known(name)
    number = machine.user_number()
    if number is None:
        return Unknown("the system does not tell who is signed in")
    why = "is called what HMRC takes for a placeholder" if name else "has no name here"
    return Known(str(number), f"the user {why}, so the user's number is sent")


def collect_offset(machine: Machine, clock: Clock) -> Fact[timedelta]:
    """The local time zone's offset from UTC now."""
    offset = machine.offset(clock.now())
    if offset is None:
        return Unknown("this machine has no time zone", "set its time zone")
    minutes, seconds = divmod(offset.total_seconds(), 60)
    if seconds or not is_recognised_offset(int(minutes)):
        return Unknown(f"this machine's offset from UTC, {offset}, is that of no time zone", "set its time zone")
    return Known(offset)
