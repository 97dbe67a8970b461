"""Resources in and out: XML and JSON bytes to one JSON-shaped dictionary and back; nothing is repaired
silently."""
