"""From findings to what may be said of a party: counts, waivers, standing, exit code."""
