"""Why HMRC and the payslips differ: one module a cause, each proposing adjustments with the facts that support them."""
