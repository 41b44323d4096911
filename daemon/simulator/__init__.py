"""HMRC's sandbox on a loopback port: sign-in pages, APIs, test support, header validator, time and faults."""
