"""The dossier: runs, attestations and waivers of a supplier as one file that can be verified by itself."""
