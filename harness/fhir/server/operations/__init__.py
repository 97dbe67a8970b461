"""Operations; start with :mod:`.dispatch`. :mod:`.validate`, :mod:`.document`, :mod:`.purge` are one each."""
