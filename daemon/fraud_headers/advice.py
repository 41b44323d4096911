"""What to do about a header, in one sentence: for the person at the screen, and for those who write other HMRC software."""

from collections.abc import Mapping

from daemon.fraud_headers import messages
from daemon.fraud_headers import specification as spec

_ENCODING = "Percent encode each key and value as RFC 3986 says, and leave the separators = & , as they are."
_BY_MESSAGE: Mapping[str, str] = {
    messages.NOT_ENCODED: _ENCODING,
    messages.SEPARATOR_ENCODED: _ENCODING,
    messages.PLUS_SIGN: "Write a space as %20.",
    messages.NOT_KEY_VALUE: "Write it as key=value, further pairs after an ampersand.",
    messages.PLACEHOLDER: "Leave out what is not known; never send a word in its place.",
    messages.UNRECOGNISED: "Check the spelling against the specification, or leave the header out.",
    messages.NOT_LOCAL: "Send private and link-local addresses only; public ones belong in Gov-Client-Public-IP.",
    messages.NOT_PUBLIC: "Send the address as the internet sees it.",
    messages.FORWARDED_MISMATCH: "Make the first hop's `for` the client's and its `by` the server's public address.",
    messages.OS_FIELD_IN_WEB: "Leave out os, or choose the connection method that fits.",
    messages.TOO_FEW_VERSIONS: "Name the client's version and the server's.",
    messages.NOT_A_UUID: "Make a UUID once and keep it on the device.",
    messages.DEVICE_MANUFACTURER_MISSING: "If the firmware does not tell it, this warning stays.",
    messages.DEVICE_MODEL_MISSING: "If the firmware does not tell it, this warning stays.",
}
_BY_HEADER: Mapping[str, str] = {
    spec.CONNECTION_METHOD: "Send one of the eight connection methods, spelt exactly.",
    spec.DEVICE_ID: "Make a UUID once and keep it on the device.",
    spec.USER_IDS: "Send os=<the signed-in user>, percent encoded.",
    spec.TIMEZONE: "Send the device's present offset, such as UTC+01:00.",
    spec.LICENSE_IDS: "With no licence on the device, tell HMRC so once by mail.",
    spec.PRODUCT_NAME: "Send the product's name, percent encoded.",
    spec.VENDOR_VERSION: "Send name=version for each program involved.",
    spec.LOCAL_IPS: "Send the addresses of the device's network interfaces, IPv6 percent encoded.",
    spec.LOCAL_IPS_TIMESTAMP: "Send when the addresses were read, as yyyy-MM-ddThh:mm:ss.sssZ.",
    spec.USER_AGENT: "Send os-family, os-version, device-manufacturer and device-model.",
    spec.MAC_ADDRESSES: "Send the network cards' hardware addresses, percent encoded.",
    spec.MULTI_FACTOR: "Without a second factor in the software, tell HMRC so once by mail.",
    spec.SCREENS: "Send width, height, scaling-factor and colour-depth of every screen.",
    spec.WINDOW_SIZE: "Send the window's width and height in whole pixels.",
    spec.PUBLIC_IP: "Send the client's address as the server sees it, not encoded.",
    spec.PUBLIC_IP_TIMESTAMP: "Send when the address was seen, as yyyy-MM-ddThh:mm:ss.sssZ.",
    spec.PUBLIC_PORT: "Send the TCP port that the client connected from.",
    spec.FORWARDED: "Send by and for of every hop over the internet, as public addresses.",
    spec.VENDOR_PUBLIC_IP: "Send the server's address as the client sees it, not encoded.",
    spec.BROWSER_JS_USER_AGENT: "Send navigator.userAgent as it is.",
}
TELL_HMRC = "Tell HMRC once, by mail to its Software Developer Support Team, why it cannot be collected."


def what_to_do(header: str, message: str) -> str:
    """The mend for what a verdict says about `header`; empty where there is none to give."""
    name = spec.CANONICAL.get(header.lower(), header)
    return _BY_MESSAGE.get(message) or _BY_HEADER.get(name, "")
