"""The rules of the specification, header by header. A rule takes a value that is not empty and says what is wrong with it."""

from collections.abc import Callable, Iterable, Mapping

from daemon.fraud_headers import specification as spec
from daemon.fraud_headers.rules import display, network, server, software, user
from daemon.fraud_headers.verdict import Complaint

Rule = Callable[[str, str | None], Iterable[Complaint]]
"""Takes a header's value and the connection method, None where the method cannot be told."""

RULES: Mapping[str, Rule] = {
    spec.CONNECTION_METHOD: software.connection_method,
    spec.DEVICE_ID: user.device_id,
    spec.USER_IDS: user.user_ids,
    spec.TIMEZONE: user.timezone,
    spec.MULTI_FACTOR: user.multi_factor,
    spec.LOCAL_IPS: network.local_ips,
    spec.LOCAL_IPS_TIMESTAMP: network.timestamp,
    spec.MAC_ADDRESSES: network.mac_addresses,
    spec.PUBLIC_IP: server.public_ip,
    spec.PUBLIC_IP_TIMESTAMP: network.timestamp,
    spec.PUBLIC_PORT: server.public_port,
    spec.VENDOR_PUBLIC_IP: server.public_ip,
    spec.FORWARDED: server.forwarded,
    spec.SCREENS: display.screens,
    spec.WINDOW_SIZE: display.window_size,
    spec.USER_AGENT: software.user_agent,
    spec.LICENSE_IDS: software.license_ids,
    spec.PRODUCT_NAME: software.product_name,
    spec.VENDOR_VERSION: software.vendor_version,
    spec.BROWSER_JS_USER_AGENT: software.browser_js_user_agent,
}
"""Each header of the specification and its rule."""
