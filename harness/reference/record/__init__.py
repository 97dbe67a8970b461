"""Record folders: :mod:`.model` what one says, :mod:`.load` reads and refuses, :mod:`.write` writes."""
