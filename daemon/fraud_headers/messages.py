"""What the verdicts say: HMRC's own sentences where they are known, and ours, kept apart, where they are not.

HMRC does not promise its sentences; programs should compare codes and header names.
"""

# HMRC's, from its validator's documentation, its status reports, and runs that developers published.
VALID = (
    "All headers required for your connection method have been supplied and all appear to be valid. "
    "Validation is based on a single request. We have access to all requests and can draw additional conclusions."
)
POTENTIALLY_INVALID = "At least 1 header is potentially invalid"
INVALID = "At least 1 header is invalid"
NO_HEADERS = "No fraud prevention headers submitted. These are required by law. Check the specification."

HEADER_REQUIRED = "Header required"
VALUE_REQUIRED = "Value required"
UNRECOGNISED = "Unrecognised header. Check format and spelling."
INVALID_FORMAT = "Invalid format. Check the specification."

NOT_KEY_VALUE = "Value must be a key-value data structure"
NOT_ENCODED = "At least 1 key or value is not percent encoded"
SEPARATOR_ENCODED = "At least 1 separator is percent encoded. Check ampersands and equal signs."

TIMEZONE = "Value must be a recognised timezone in UTC format, submitted as UTC±<hh>:<mm>"
NOT_AN_IP = "Value is not an IP address"
NOT_PUBLIC = "Value is not a public IP address"
NOT_LOCAL = "At least one of the values in the list is not a local IP address."
BY_MISSING = "At least 1 value for 'by' is missing"
FOR_MISSING = "At least 1 value for 'for' is missing"
FORWARDED_MISMATCH = (
    "At least 1 pair of IPs in Gov-Vendor-Forwarded must include Gov-Client-Public-IP in the 'for' field "
    "and Gov-Vendor-Public-IP in the 'by' field. Check all 3 headers are consistent."
)

OS_FIELD_IN_WEB = (
    "Check you are using the correct Gov-Client-Connection-Method. Web applications do not usually provide the os "
    "field as browsers do not expose this information."
)
SCALING_FACTOR_MISSING = "At least 1 screen is missing a value for scaling factor"
COLOUR_DEPTH_MISSING = "At least 1 screen is missing a value for colour depth"
OS_FAMILY_MISSING = "At least 1 value for OS family is missing"
OS_VERSION_MISSING = "At least 1 value for OS version is missing"
DEVICE_MANUFACTURER_MISSING = "At least 1 value for device manufacturer is missing"
DEVICE_MODEL_MISSING = "At least 1 value for device model is missing"
VERSION_MISSING = "At least 1 software version value is missing"
TOO_FEW_VERSIONS = (
    "For client server architectures, submit a version for the client and the server. "
    "For all other architectures, submit at least 1 version."
)
NOT_A_UUID = "Use a recommended UUID. Check the specification."
ID_TOO_SHORT = (
    "ID must be longer to ensure it is unique. It is best to use a UUID which is at least 128 bits or 32 hex "
    "characters long."
)
ID_HAS_EMAIL = "Contains an email address. User specific data must not be used to generate Device IDs."

_CONTACT_US = "If this is the case, you must contact us explaining why you cannot submit this header."
_SINGLE_FACTOR = (
    f"This may be correct for single factor authentication, for example username and password. {_CONTACT_US}"
)
MULTI_FACTOR_EMPTY = f"Value is empty. {_SINGLE_FACTOR}"
MULTI_FACTOR_MISSING = f"Header missing. {_SINGLE_FACTOR}"

# HMRC's ending; the beginning is our wording.
_NO_LICENCE = f"This may be correct if there are no licences on the originating device. {_CONTACT_US}"
LICENSE_IDS_EMPTY = f"Value is empty. {_NO_LICENCE}"
LICENSE_IDS_MISSING = f"Header missing. {_NO_LICENCE}"

# Our wording throughout.
PLACEHOLDER = "At least 1 value is a placeholder, such as null or undefined. Leave it out instead."
PLUS_SIGN = "A plus sign stands for itself in percent encoding. Write a space as %20 and a plus sign as %2B."
WIDTH_MISSING = "At least 1 value for width is missing"
HEIGHT_MISSING = "At least 1 value for height is missing"
FACTOR_TYPE_MISSING = "At least 1 value for type is missing"
FACTOR_TYPE_UNKNOWN = "At least 1 type is not one of TOTP, AUTH_CODE and OTHER"
FACTOR_TIMESTAMP_MISSING = "At least 1 value for timestamp is missing"
FACTOR_REFERENCE_MISSING = "At least 1 value for unique reference is missing"
IPV6_ENCODED = "Value is percent encoded. Submit this address as it is."
LOOPBACK = "A loopback address says nothing about the device. Submit the addresses of its network interfaces."
SHARED_ADDRESS = "At least 1 value is in the shared address space 100.64.0.0/10, which HMRC may not take for local."
SERVER_PORT = "Value is a server port. Submit the TCP port that the client's connection came from."
EMPTY_MAC = "At least 1 value is no hardware address: it is all zeros or the broadcast address."
OS_FIELD_MISSING = "The os field, which identifies the user signed in to the device, is missing"
LICENCE_MISSING = "At least 1 licence value is missing"
BROWSER_AGENT_ENCODED = "Value looks percent encoded. Submit navigator.userAgent as the browser gives it."
WRONG_METHOD = "Value is another connection method than the one being checked"
