"""Everything that runs unattended: HMRC's wire, syncing, reconciling, scheduling, and the simulator."""
