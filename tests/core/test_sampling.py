"""A sample of availability: counted as it stands, gaps included, and nothing else is a sample."""

from __future__ import annotations

import pytest
from samplekit import BEGIN, DAY, TARGET, sampled

from harness.cli.dossier.availability import rounds
from harness.core.clock import VirtualClock
from harness.core.errors import InputError
from harness.core.run.agreed.sampling import Sample, is_sample, measure


def test_a_day_of_questions_is_counted():
    told = measure(sampled(DAY, down=(30, 45)), "x")
    assert (told.samples, told.answered, told.hours, told.gaps) == (96, 94, 24, ())
    assert told.begin == "2026-03-01T00:00:00+00:00" and told.end == "2026-03-01T23:45:00+00:00"
    assert [item[11:16] for item in told.missed] == ["00:30", "00:45"] and told.targets == (TARGET,)


def test_a_time_in_which_nobody_asked_is_a_gap_and_not_available():
    told = measure(sampled([0, 15, 120, 135]), "x")
    (gap,) = told.gaps
    assert (gap.begin[11:16], gap.end[11:16]) == ("00:15", "02:00")
    assert (told.samples, told.answered, told.hours) == (4, 4, 2)


@pytest.mark.parametrize(
    ("status", "answered"), [(200, True), (302, True), (404, True), (500, False), (0, False)]
)
def test_any_answer_will_do_but_that_of_a_server_that_cannot(status, answered):
    assert Sample(at="x", target=0, status=status).answered is answered


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: b"",
        lambda data: data.split(b"\n", 1)[0] + b"\n",
        lambda data: data[:-5],
        lambda data: data.replace(b"availability-1", b"availability-2"),
        lambda data: data.replace(b'"target":0', b'"target":7'),
        lambda data: data.replace(b'"status":200', b'"status":999'),
        lambda data: b"\n".join([data.split(b"\n")[0], *reversed(data.split(b"\n")[1:-1])]) + b"\n",
        lambda data: data.replace(b"+00:00", b""),
        lambda data: data + b'{"at":"now","target":0,"status":200,"note":"fine"}\n',
    ],
)
def test_what_is_no_sample_is_refused(harm):
    data = sampled(DAY)
    assert is_sample(data)
    with pytest.raises(InputError):
        measure(harm(data), "x")


def test_turns_come_in_time_and_a_slow_one_costs_those_it_missed():
    clock = VirtualClock(BEGIN)
    at = []
    for turn in rounds(900, 4 * 900, clock, clock.advance):
        at.append((turn, clock.monotonic()))
        clock.advance(1 if turn else 2000)
    assert at == [(0, 0.0), (2, 2000.0), (3, 2700.0), (4, 3600.0)]
