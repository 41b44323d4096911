"""Tests of what brings payslips, P60s and payments in."""
