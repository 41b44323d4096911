"""Findings: what is worth telling beside a row's status and changes none of it. One module a subject."""
