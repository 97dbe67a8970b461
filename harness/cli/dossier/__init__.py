"""Doors to what a bureau decides on: waivers, attestations, dossiers, comparisons."""
