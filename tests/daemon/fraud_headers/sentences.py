"""What HMRC says of a header, word for word: its validator's documentation, its reports and published runs."""

FORMAT = "Invalid format. Check the specification."
NOT_KEY_VALUE = "Value must be a key-value data structure"
NOT_ENCODED = "At least 1 key or value is not percent encoded"
SEPARATOR = "At least 1 separator is percent encoded. Check ampersands and equal signs."
ZONE = "Value must be a recognised timezone in UTC format, submitted as UTC±<hh>:<mm>"
NOT_IP = "Value is not an IP address"
NOT_PUBLIC = "Value is not a public IP address"
NOT_LOCAL = "At least one of the values in the list is not a local IP address."
MISMATCH = (
    "At least 1 pair of IPs in Gov-Vendor-Forwarded must include Gov-Client-Public-IP in the 'for' field and "
    "Gov-Vendor-Public-IP in the 'by' field. Check all 3 headers are consistent."
)
OS_IN_WEB = (
    "Check you are using the correct Gov-Client-Connection-Method. Web applications do not usually provide the os "
    "field as browsers do not expose this information."
)
SCALING = "At least 1 screen is missing a value for scaling factor"
DEPTH = "At least 1 screen is missing a value for colour depth"
FAMILY, VERSION = "At least 1 value for OS family is missing", "At least 1 value for OS version is missing"
MAKER, MODEL = "At least 1 value for device manufacturer is missing", "At least 1 value for device model is missing"
NO_VERSION = "At least 1 software version value is missing"
FEW_VERSIONS = (
    "For client server architectures, submit a version for the client and the server. For all other architectures, "
    "submit at least 1 version."
)
NOT_UUID = "Use a recommended UUID. Check the specification."
SHORT = (
    "ID must be longer to ensure it is unique. It is best to use a UUID which is at least 128 bits or 32 hex "
    "characters long."
)
EMAIL = "Contains an email address. User specific data must not be used to generate Device IDs."
BY, FOR = "At least 1 value for 'by' is missing", "At least 1 value for 'for' is missing"

KNOWN = {FORMAT, NOT_KEY_VALUE, NOT_ENCODED, SEPARATOR, ZONE, NOT_IP, NOT_PUBLIC, NOT_LOCAL, MISMATCH, OS_IN_WEB}
KNOWN |= {SCALING, DEPTH, FAMILY, VERSION, MAKER, MODEL, NO_VERSION, FEW_VERSIONS, NOT_UUID, SHORT, EMAIL, BY, FOR}
