"""The endpoints: one line an API, and nothing asked for that is not configured."""

import pytest

from daemon.hmrc.endpoints import ENDPOINTS, accept, scopes
from daemon.hmrc.schemas import SCHEMAS
from storage.records import TaxYear
from storage.settings import DEFAULT_VERSIONS
from tests.daemon.hmrc.pretend import TAXPAYER


def test_every_api_that_can_be_configured_has_an_endpoint_and_a_schema() -> None:
    assert set(ENDPOINTS) == set(DEFAULT_VERSIONS) == set(SCHEMAS)


@pytest.mark.parametrize("api", sorted(ENDPOINTS))
def test_addresses_are_hmrcs(api: str) -> None:
    assert ENDPOINTS[api].address(TAXPAYER, TaxYear(2016)) == f"/{api}/sa/2234567890/annual-summary/2016-17"


def test_only_the_scopes_of_the_apis_asked() -> None:
    assert scopes(["individual-tax", "national-insurance"]) == ("read:individual-tax", "read:national-insurance")


def test_the_version_is_in_the_accept_header() -> None:
    assert accept("1.1") == "application/vnd.hmrc.1.1+json"
