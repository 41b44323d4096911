"""The HMRC APIs that can be asked: one line an API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from storage.secret import Secret
from storage.tax_year import TaxYear


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An annual summary: its API's name, its path below the base address, and the OAuth scope that it needs."""

    api: str
    path: str
    scope: str

    def address(self, utr: Secret, tax_year: TaxYear) -> str:
        """The path for one taxpayer and year. It holds the UTR: it goes onto the wire and nowhere else."""
        return self.path.format(utr=quote(utr.reveal(), safe=""), tax_year=tax_year.hmrc)


def _annual_summary(api: str) -> Endpoint:
    return Endpoint(api, f"/{api}/sa/{{utr}}/annual-summary/{{tax_year}}", f"read:{api}")


ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {
        endpoint.api: endpoint
        for endpoint in (
            _annual_summary("individual-tax"),
            _annual_summary("individual-income"),
            _annual_summary("individual-employment"),
            _annual_summary("individual-benefits"),
            _annual_summary("national-insurance"),
        )
    }
)


def scopes(apis: Iterable[str]) -> tuple[str, ...]:
    """The scopes to ask for when signing in, for these APIs only."""
    return tuple(ENDPOINTS[api].scope for api in apis)


def accept(version: str) -> str:
    """The Accept header that chooses a version: HMRC answers 404 or 406 to anything else."""
    return f"application/vnd.hmrc.{version}+json"
