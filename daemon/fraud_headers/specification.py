"""HMRC's fraud-prevention header specification 3.3 as data: the connection methods, the headers, and which method needs which.

Source: https://developer.service.hmrc.gov.uk/guides/fraud-prevention/connection-method/ (27 January 2025).
"""

from collections.abc import Mapping

VERSION = "3.3"

DESKTOP_APP_DIRECT = "DESKTOP_APP_DIRECT"
DESKTOP_APP_VIA_SERVER = "DESKTOP_APP_VIA_SERVER"
WEB_APP_VIA_SERVER = "WEB_APP_VIA_SERVER"
MOBILE_APP_DIRECT = "MOBILE_APP_DIRECT"
MOBILE_APP_VIA_SERVER = "MOBILE_APP_VIA_SERVER"
BATCH_PROCESS_DIRECT = "BATCH_PROCESS_DIRECT"
OTHER_DIRECT = "OTHER_DIRECT"
OTHER_VIA_SERVER = "OTHER_VIA_SERVER"

METHODS = (
    DESKTOP_APP_DIRECT,
    DESKTOP_APP_VIA_SERVER,
    WEB_APP_VIA_SERVER,
    MOBILE_APP_DIRECT,
    MOBILE_APP_VIA_SERVER,
    BATCH_PROCESS_DIRECT,
    OTHER_DIRECT,
    OTHER_VIA_SERVER,
)
"""The eight connection methods, as they stand in Gov-Client-Connection-Method."""

CONNECTION_METHOD = "Gov-Client-Connection-Method"
DEVICE_ID = "Gov-Client-Device-ID"
USER_IDS = "Gov-Client-User-IDs"
TIMEZONE = "Gov-Client-Timezone"
LICENSE_IDS = "Gov-Vendor-License-IDs"
PRODUCT_NAME = "Gov-Vendor-Product-Name"
VENDOR_VERSION = "Gov-Vendor-Version"
LOCAL_IPS = "Gov-Client-Local-IPs"
LOCAL_IPS_TIMESTAMP = "Gov-Client-Local-IPs-Timestamp"
USER_AGENT = "Gov-Client-User-Agent"
MAC_ADDRESSES = "Gov-Client-MAC-Addresses"
MULTI_FACTOR = "Gov-Client-Multi-Factor"
SCREENS = "Gov-Client-Screens"
WINDOW_SIZE = "Gov-Client-Window-Size"
PUBLIC_IP = "Gov-Client-Public-IP"
PUBLIC_IP_TIMESTAMP = "Gov-Client-Public-IP-Timestamp"
PUBLIC_PORT = "Gov-Client-Public-Port"
FORWARDED = "Gov-Vendor-Forwarded"
VENDOR_PUBLIC_IP = "Gov-Vendor-Public-IP"
BROWSER_JS_USER_AGENT = "Gov-Client-Browser-JS-User-Agent"

TEST_SCENARIO = "Gov-Test-Scenario"
"""Not a fraud-prevention header: it chooses a scenario in the sandbox, and the validator knows it as such."""

_ALL = (DEVICE_ID, USER_IDS, TIMEZONE, LICENSE_IDS, PRODUCT_NAME, VENDOR_VERSION)
_LOCAL = (LOCAL_IPS, LOCAL_IPS_TIMESTAMP, USER_AGENT)
_DISPLAY = (SCREENS, WINDOW_SIZE)
_SERVER = (PUBLIC_IP, PUBLIC_IP_TIMESTAMP, PUBLIC_PORT, FORWARDED, VENDOR_PUBLIC_IP)

REQUIRED: Mapping[str, tuple[str, ...]] = {
    DESKTOP_APP_DIRECT: (CONNECTION_METHOD, *_ALL, *_LOCAL, MAC_ADDRESSES, MULTI_FACTOR, *_DISPLAY),
    DESKTOP_APP_VIA_SERVER: (CONNECTION_METHOD, *_ALL, *_LOCAL, MAC_ADDRESSES, MULTI_FACTOR, *_DISPLAY, *_SERVER),
    WEB_APP_VIA_SERVER: (CONNECTION_METHOD, *_ALL, MULTI_FACTOR, *_DISPLAY, *_SERVER, BROWSER_JS_USER_AGENT),
    MOBILE_APP_DIRECT: (CONNECTION_METHOD, *_ALL, *_LOCAL, MULTI_FACTOR, *_DISPLAY),
    MOBILE_APP_VIA_SERVER: (CONNECTION_METHOD, *_ALL, *_LOCAL, MULTI_FACTOR, *_DISPLAY, *_SERVER),
    BATCH_PROCESS_DIRECT: (CONNECTION_METHOD, *_ALL, *_LOCAL, MAC_ADDRESSES),
    OTHER_DIRECT: (CONNECTION_METHOD, *_ALL, *_LOCAL, MAC_ADDRESSES, MULTI_FACTOR),
    OTHER_VIA_SERVER: (CONNECTION_METHOD, *_ALL, *_LOCAL, MAC_ADDRESSES, MULTI_FACTOR, *_SERVER),
}
"""What each method must submit: HMRC's table "must submit data for all"."""

COMMON = (CONNECTION_METHOD, *_ALL)
"""What every method must submit, and so what is asked of headers whose method cannot be told."""

HEADERS = (*COMMON, *_LOCAL, MAC_ADDRESSES, MULTI_FACTOR, *_DISPLAY, *_SERVER, BROWSER_JS_USER_AGENT)
"""Every header of the specification."""

CANONICAL: Mapping[str, str] = {name.lower(): name for name in HEADERS}
"""Each known header under its name in lower case."""

OFTEN_UNCOLLECTABLE = frozenset({MULTI_FACTOR, LICENSE_IDS})
"""HMRC warns, and does not fail, where these are missing or empty: not every program has a second factor or a licence."""
