"""What the HTML pages show, and the frame that they share."""
