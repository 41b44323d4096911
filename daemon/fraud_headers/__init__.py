"""Fraud-prevention headers: collected truthfully, built in one place, checked offline, and validated by HMRC."""
