"""What came out of scripts: the results, and the folder that a run leaves behind."""
