"""What no HMRC page says: each field is one choice of the simulator, with a switch where tests may want the other answer."""

import msgspec


class Unknowns(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Switches over the control address (`/simulator/unknowns`) or by name in the constructor. Each default is a choice, not a fact."""

    accept_problem_is_404: bool = False
    """A missing or malformed Accept is 406 in the guide; HMRC's staging was seen to answer 404 `MATCHING_RESOURCE_NOT_FOUND`."""
    application_token_is_incorrect_type: bool = False
    """An application token on a user's endpoint: `INVALID_CREDENTIALS` (HMRC's gateway tests) or `INCORRECT_ACCESS_TOKEN_TYPE` (guide)."""
    wrong_utr_is_forbidden: bool = False
    """Another person's UTR: 401 `UNAUTHORIZED` (every PAYE API's page) or 403 `FORBIDDEN` (the reference guide's general rule)."""
    vendor_content_type_on_errors: bool = False
    """Errors as `application/json`, or with the media type of the version asked for."""
    localhost_matches_any_port: bool = False
    """Whether a registered `http://localhost` serves every port and path."""
    unsubscribed_scope_is_invalid: bool = False
    """A scope of an API that the application is not subscribed to: accepted at authorising, or 400 `invalid_scope`."""
    reuse_revokes_grant: bool = False
    """Whether a spent refresh token, shown again, ends the whole grant; only `invalid_grant` is documented."""
    signing_in_again_revokes: bool = False
    """Whether a new grant ends the same person's older ones; a reply of 2017 says no."""
    token_endpoint_takes_json_and_basic: bool = False
    """HMRC's regression tests use a JSON body and a Basic header; its documentation knows the form body only."""
    throttle_counts_token_requests: bool = True
    """Whether `/oauth/token` is within the three in any second."""
    test_support_takes_2_1: bool = False
    """Test support's page gives Accept 2.1 for everything; its code takes 1.0 and 2.0 for four of the six paths."""
    identity_form: bool = False
    """Some clients met one more page after signing in, which asks for the identity check's result."""
    cookie_banner: bool = True
    """A cookie banner may lie on the pages; it is not in the way of any form."""
    validator_refuses_token: bool = False
    """Since August 2026 the real validator has answered 401 `INVALID_CREDENTIALS` to valid tokens (reported, open)."""
    refresh_seconds: float = 0.0
    """How long a refresh is in progress: another one within that time is 400 `invalid_request`. HMRC's own time is unknown."""
