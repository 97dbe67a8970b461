"""What people put beside what was recorded: waivers and attestations."""
