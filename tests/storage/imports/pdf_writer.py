"""Writes small PDFs as payroll programs do: each text placed on its own, in whatever order the program draws it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from pypdf import PdfReader, PdfWriter

LEFT, MIDDLE, RIGHT = 40, 300, 470


@dataclass(frozen=True)
class Text:
    """A text at a place, in points from the page's lower left corner."""

    x: float
    y: float
    text: str


def lines(*texts: str, x: float = LEFT, top: float = 780) -> list[Text]:
    """Lines below one another."""
    return [Text(x, top - 14 * number, text) for number, text in enumerate(texts)]


def row(y: float, *columns: tuple[float, str]) -> list[Text]:
    """Texts beside one another on one line."""
    return [Text(x, y, text) for x, text in columns]


def a_pdf(*pages: Sequence[Text], password: str | None = None) -> bytes:
    """A PDF with these pages; with a password, encrypted by AES-256."""
    content = _written(pages)
    if password is None:
        return content
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def a_scan() -> bytes:
    """A PDF whose one page shows no text."""
    return a_pdf([])


def _written(pages: Sequence[Sequence[Text]]) -> bytes:
    font = 3 + 2 * len(pages)
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()]
    for number, texts in enumerate(pages):
        stream = b"\n".join(_drawn(text) for text in texts)
        page = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + 2 * number} 0 R "
            f"/Resources << /Font << /F1 {font} 0 R >> >> >>"
        )
        objects += [page.encode(), b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    return _assembled(objects)


def _drawn(text: Text) -> bytes:
    escaped = text.text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
    return b"BT /F1 9 Tf %.1f %.1f Td (%s) Tj ET" % (text.x, text.y, escaped)


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places: list[int] = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table))
    return out.getvalue()


def sage_page(date_text: str = "26 Apr 2024", month: int = 1, /, **changes: str) -> list[Text]:
    """A page drawn as Sage draws it: the date may touch its month, net pay comes before the line that it ends."""
    figures = {
        "Earnings for NI": "3000.00",
        "Gross for Tax": "2850.00",
        "Total Gross Pay": "3000.00",
        "PAYE Tax": "360.20",
        "National Insurance": "156.16",
        "EE": "150.00",
        "Net": "2333.64",
        "Total Gross Pay TD": "3000.00",
        "Gross for Tax TD": "2850.00",
        "Tax Paid TD": "360.20",
        "Earnings for NI TD": "3000.00",
        "National Insurance TD": "156.16",
        **changes,
    }
    first = row(780, (LEFT, "0005"), (90, "Jo Sample"), (MIDDLE, date_text), (RIGHT, "AA000000A"))
    payments = row(750, (LEFT, "Basic Pay"), (150, "1.00"), (200, "3000.00"), (250, "3000.00"))
    deductions = [
        *row(750, (MIDDLE, "PAYE Tax"), (RIGHT, figures["PAYE Tax"])),
        *row(736, (MIDDLE, "National Insurance"), (RIGHT, figures["National Insurance"])),
        *row(722, (MIDDLE, "NEST Corporation - EE"), (RIGHT, figures["EE"])),
        *row(708, (MIDDLE, "NEST Corporation - ER"), (RIGHT, "90.00")),
    ]
    this_period = ["Earnings for NI", "Gross for Tax", "Total Gross Pay"]
    to_date = ["Total Gross Pay TD", "Gross for Tax TD", "Tax Paid TD", "Earnings for NI TD", "National Insurance TD"]
    boxes = [
        text
        for x, names in ((200, this_period), (380, to_date))
        for number, name in enumerate(names)
        for text in row(500 - 14 * number, (x, name), (x + 110, figures[name]))
    ]
    last = [
        Text(LEFT, 400, "Example Ltd"),
        *row(380, (520, figures["Net"]), (200, f"Pay Run: Month {month}"), (300, "Pay Method: Bank Transfer")),
        Text(LEFT, 380, "Tax Code: 1257L"),
        Text(LEFT, 360, "© 1998 Sage (UK) Limited."),
    ]
    return [*first, *payments, *deductions, *boxes, *last]


def two_column_page() -> list[Text]:
    """A payslip of labels and values in two columns, so that the text of a line holds both; SAP's trailing minus."""
    return [
        Text(LEFT, 790, "Employer: Example Ltd"),
        *row(770, (LEFT, "Pay Date: 26/04/2024"), (MIDDLE, "Tax Code: 1257L M1")),
        *row(750, (LEFT, "PAYE Reference: 123/AB456"), (MIDDLE, "NI Category: A")),
        *row(720, (LEFT, "Basic Pay"), (180, "£3,000.00"), (MIDDLE, "PAYE Tax"), (RIGHT, "189.90-")),
        *row(706, (LEFT, "Gross Pay"), (180, "£3,000.00"), (MIDDLE, "National Insurance"), (RIGHT, "156.16")),
        *row(692, (LEFT, "Taxable Pay"), (180, "£2,850.00"), (MIDDLE, "Employee Pension"), (RIGHT, "150.00")),
        *row(678, (LEFT, "Taxable Pay to Date"), (180, "£5,700.00"), (MIDDLE, "Tax to Date"), (RIGHT, "170.30")),
        *row(650, (MIDDLE, "Net Pay"), (RIGHT, "£2,883.74")),
    ]


def p60_page(tax: str = "4324.00", year: int = 2025) -> list[Text]:
    """A P60 in its statutory words."""
    return [
        *lines(
            "P60 End of Year Certificate",
            f"Tax year to 5 April {year}",
            "National Insurance number AA000000A   Works/payroll number 0005",
            "Pay and Income Tax details",
        ),
        *row(700, (LEFT, "In previous employment(s)"), (MIDDLE, "1000.00"), (RIGHT, "50.00")),
        *row(686, (LEFT, "In this employment"), (MIDDLE, "34200.00"), (RIGHT, tax)),
        *row(672, (LEFT, "Total for year"), (MIDDLE, "35200.00"), (RIGHT, "4374.00")),
        Text(LEFT, 658, "Final tax code 1257L"),
        Text(LEFT, 640, "National Insurance contributions in this employment"),
        *row(626, (LEFT, "A"), (100, "6396"), (200, "6180"), (MIDDLE, "23000"), (RIGHT, "1840.00")),
        *row(612, (LEFT, "C"), (100, "0"), (200, "0"), (MIDDLE, "424"), (RIGHT, "33.92")),
        Text(LEFT, 590, "Student Loan deductions in this employment (whole £s only) 120"),
        *lines("Employer's full name and address (including postcode)", "Example Ltd", "1 High Street", top=560),
        Text(LEFT, 500, "Employer PAYE reference 123/AB456"),
    ]
