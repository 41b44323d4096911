"""PAYE tax codes: `1257L`, `S1257L M1`, `K475`, `BR`, `D0`, `0T W1`, `NT`."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Region = Literal["", "S", "C"]
_CODE = re.compile(
    r"(?P<region>[SC])?"
    r"(?:(?P<k>K)(?P<k_number>\d{1,4})|(?P<flat>BR|D[0-3])|(?P<zero>[0O]T)|(?P<none>NT)|(?P<number>\d{1,4})(?P<suffix>[LMNT]))"
    r"(?P<basis>W1/M1|W1M1|WK1|MTH1|W1|M1|X|NONCUM|/1|1)?"
)


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax code, taken apart: `kind` is number, K, 0T, NT, BR, D0, D1, D2 or D3; `number` is that of number and K codes."""

    region: Region
    kind: str
    number: int
    cumulative: bool

    @property
    def scottish(self) -> bool:
        """Whether Scotland's bands apply; Wales has the rest of the UK's."""
        return self.region == "S"

    @property
    def emergency_zero(self) -> bool:
        """0T on a week 1 or month 1 basis: the code of payments after leaving."""
        return self.kind == "0T" and not self.cumulative

    def __str__(self) -> str:
        core = {"number": f"{self.number}L", "K": f"K{self.number}"}.get(self.kind, self.kind)
        return f"{self.region}{core}{'' if self.cumulative else ' M1'}"


@lru_cache(maxsize=1024)
def parse_tax_code(text: str | None) -> TaxCode | None:
    """The tax code in `text`, however it is spaced; None where it is none. `M1`, `W1`, `X` and `NONCUM` mean not cumulative."""
    if not text:
        return None
    match = _CODE.fullmatch(re.sub(r"[\s.\-]", "", text).upper())
    if match is None:
        return None
    region: Region = "S" if match["region"] == "S" else "C" if match["region"] == "C" else ""
    cumulative = match["basis"] is None
    if match["k"]:
        return TaxCode(region, "K", int(match["k_number"]), cumulative)
    if match["flat"]:
        flat = match["flat"]
        return TaxCode(region, flat, 0, cumulative) if flat not in {"D2", "D3"} or region == "S" else None
    if match["zero"]:
        return TaxCode(region, "0T", 0, cumulative)
    if match["none"]:
        return TaxCode("", "NT", 0, cumulative) if not region else None
    return TaxCode(region, "number", int(match["number"]), cumulative)
