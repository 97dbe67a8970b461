"""Answers over several pages: :mod:`.chains` puts the pages of one answer together, :mod:`.judges` decides
whether they are together the answer."""
