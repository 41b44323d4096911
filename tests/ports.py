"""Ports for what has to know its port before it listens, such as a redirect URI that is registered first."""

import errno
import itertools
import os
import socket

_OURS = range(10_240, 32_768)
"""Below those that systems give to outgoing connections: none of these can take a port between its choice and its use."""
_LOCALHOST = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_turns = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """A port of localhost that nobody listens on; each call of any test process gives another."""
    for turn in _turns:
        port = _OURS[turn % len(_OURS)]
        if not any(_is_taken(family, address, port) for family, address in _LOCALHOST):
            return port
    raise AssertionError("the turns never end")


def _is_taken(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family) as probe:
            probe.bind((address, port))
    except OSError as error:  # a machine without IPv6 refuses it in another way
        return error.errno == errno.EADDRINUSE
    return False
