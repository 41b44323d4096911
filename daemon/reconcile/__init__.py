"""Reconciling, as pure functions: HMRC's figures beside the payslips and the P60, every pound of difference explained."""
