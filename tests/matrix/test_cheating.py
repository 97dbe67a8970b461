"""A supplier with a key of its own, which signs what it likes; and a bureau that gave out a challenge."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from dossierkit import WORDS, failed, public

from harness.core.clock import SystemClock, today
from harness.core.run import manifest
from harness.core.run.agreed.waivers import read_waivers
from harness.core.run.challenge import new_challenge
from harness.core.run.problems import EvidenceError, ProblemKind
from harness.judge.catalogue import load_catalogue
from harness.judge.evidence.sealing import stated
from harness.record.seal.countersign import beside
from harness.record.seal.envelope import seal_folder
from harness.record.seal.keys import load_signing_key
from harness.report.dossier.check import check_dossier
from harness.report.dossier.make import Content, DossierMaker
from harness.report.dossier.pack import pack

pytestmark = pytest.mark.slow


def forged(run: Path, key: Path, out: Path, **changed: object) -> None:
    """A dossier of a run, of which its signer says something else than the run does."""
    catalogue, now = load_catalogue(), datetime.now(UTC)
    with DossierMaker(Content(runs=[run]), catalogue, now) as made:
        told = json.loads((made.folder / "dossier.json").read_text())
        (made.folder / "dossier.json").write_text(json.dumps({**told, **changed}))
        manifest.write_manifest(made.folder, manifest.DOSSIER)
        info = msgspec.structs.replace(made.info, subject=tuple(changed.get("subject", made.info.subject)))
        said = stated(info, made.findings, catalogue)
        seal_folder(
            made.folder,
            load_signing_key(key),
            facts=said.facts,
            summary=said.summary,
            now=now,
            kind=manifest.DOSSIER,
        )
        pack(made.folder, out)


@pytest.mark.parametrize(
    ("owner", "changed"),
    [("Ander HIS", {"vendor": "Ander HIS"}), ("=Kale Software", {"subject": ["dvza-ons"]})],
)
def test_a_run_of_another_or_of_what_is_simulated_is_nobodys_dossier(
    run, key, here, tmp_path, owner, changed
):
    made, keys = tmp_path / "d.dossier.tar.xz", tmp_path / "keys"
    assert here("keys", "add", keys, public(key), "--owner", owner)[0] == 0
    forged(run, key, made, **changed)
    code, told = here("verify", made, "--trust", keys, "--lang", "en")
    assert code == 7 and told.startswith("dossier.json:"), told


def test_a_dossier_that_is_not_bound_to_the_challenge_is_refused(run, key, here, tmp_path):
    given = tmp_path / "challenge.json"
    given.write_bytes(msgspec.json.encode(new_challenge(datetime.now(UTC))))
    made, trust = tmp_path / "d.dossier.tar.xz", ("--trust", public(key), "--lang", "en")
    assert here("dossier", "make", run, "--out", made, "--key", key)[0] == 0
    for command, place in (("verify", made), ("bureau", tmp_path)):
        code, told = here(command, place, *trust, "--challenge", given)
        assert code == 7 and "is not bound to this challenge" in told, told


def test_a_bureau_does_not_agree_with_what_is_over(run, key, here, tmp_path):
    waivers, made = tmp_path / "w.yaml", tmp_path / "d.dossier.tar.xz"
    day = (today(SystemClock()) - timedelta(days=1)).isoformat()
    assert here("waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", day)[0] == 0
    words = ("--waivers", waivers, "--waivers", waivers, "--key", key)
    assert here("dossier", "make", run, "--out", made, *words)[0] == 0
    other = tmp_path / "others"
    other.mkdir()
    bureau = other / "bureau.pem"
    bureau.write_bytes(key.read_bytes())
    words = ("--by", "B. Bureau", "--trust", public(key), "--lang", "en")
    code, told = here("dossier", "countersign", made, "--key", bureau, *words)
    assert code == 1 and "expired on" in told and not beside(made).exists()
    assert read_waivers(waivers, today(SystemClock()))[0].fingerprint in told


def test_several_words_for_one_person_are_one_person(run, here, tmp_path):
    words = [item if item != "B. Bureau" else "k.  kaal" for item in WORDS]
    waivers, last = tmp_path / "w.yaml", (today(SystemClock()) + timedelta(days=30)).isoformat()
    code, told = here("waivers", "add", run, *failed(run), "--file", waivers, *words, "--expires", last)
    assert code == 2 and "zelf akkoord" in told and not waivers.exists(), told
    code, told = here(
        "waivers", "add", run, *failed(run), "--file", waivers, *WORDS, "--expires", "2999-01-01"
    )
    assert code == 2 and "te ver vooruit" in told and not waivers.exists(), told


def test_files_that_no_manifest_names_are_refused(run, here, tmp_path):
    catalogue = load_catalogue()
    with DossierMaker(Content(runs=[run]), catalogue, datetime.now(UTC)) as made:
        (made.folder / "junit.xml").write_text("<testsuites/>")
        with pytest.raises(EvidenceError) as caught:
            check_dossier(made.folder, catalogue, now=datetime.now(UTC))
    assert caught.value.problem.kind is ProblemKind.EXTRA
