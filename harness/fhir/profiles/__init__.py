"""What profiles constrain: facts, snapshots, slices, terminology, and the embedded facts of our standards."""
