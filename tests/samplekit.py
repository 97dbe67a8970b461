"""Samples of availability, made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from harness.core.run.agreed.sampling import Head, Sample, Target, encode

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
TARGET = Target(party="his-kaal", version="Kaal HIS 1.0", url="https://his.example/metadata")


def sampled(minutes, *, down=(), every=900, targets=(TARGET,)) -> bytes:
    """The file of questions at these minutes, of which some got no answer."""
    lines = [encode(Head(harness="0.1", every=every, targets=tuple(targets)))]
    for minute in minutes:
        at = (BEGIN + timedelta(minutes=minute)).isoformat(timespec="seconds")
        status = 503 if minute in down else 200
        lines.append(encode(Sample(at=at, target=0, status=status, ms=5)))
    return b"".join(lines)


DAY = range(0, 24 * 60, 15)
