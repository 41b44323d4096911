"""Bringing payslips, P60s and HMRC's payment table in, from files, pasted text and payslip_ingest."""
