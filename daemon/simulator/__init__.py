"""HMRC's sandbox on a loopback port: sign-in pages, APIs, test support, header validator, time and faults.

docs/simulator.md has its control address. Nothing in the client knows that it talks to it.
"""

from daemon.simulator.server import Simulator

__all__ = ["Simulator"]
