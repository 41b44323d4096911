"""The few pages that the HTTP service shows in a browser: static text, nothing echoed, nothing fetched from elsewhere."""

from html import escape
from typing import Any

HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
_STYLE = "body{font:16px/1.5 sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#111;background:#fff}"


def page(title: str, text: str) -> str:
    """One page with a heading and a sentence."""
    return _document(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def documentation(schema: dict[str, Any]) -> str:
    """The service's OpenAPI document as a readable page, without scripts from anywhere."""
    rows: list[str] = []
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            answers = "".join(
                f"<li><code>{escape(status)}</code> {escape(answer.get('description', ''))}</li>"
                for status, answer in operation.get("responses", {}).items()
            )
            rows.append(
                f"<h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
                f"<p>{escape(operation.get('description', operation.get('summary', '')))}</p><ul>{answers}</ul>"
            )
    body = (
        f"<h1>{escape(schema['info']['title'])}</h1><p>The machine-readable form is at <code>/openapi.json</code>.</p>"
    )
    return _document(schema["info"]["title"], body + "".join(rows))


def _document(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
