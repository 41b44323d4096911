"""Reports of what is known, as JSON, CSV, Markdown and plain text."""
