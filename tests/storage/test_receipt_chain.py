"""A chain of receipts: whatever is done to it afterwards is found, and the line is named."""

import base64
import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from storage import receipt_chain, receipt_signing
from storage.receipt_chain import GENESIS, Head, Line, canonical
from storage.receipt_signing import signed

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
CHAIN = "6f9619ff-8b86-7000-b42d-00c04fc964ff"
LENGTH = 12
NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)


def link(sequence: int, previous: str, *, key: Ed25519PrivateKey = KEY, **more: Any) -> Line:
    body = {
        "chain": CHAIN, "sequence": sequence, "previous": previous, "what": "purged_by_age",
        "count": sequence * 7, "proofs": ["DELETE 204"], **more,
    }  # fmt: skip
    return signed(canonical(body), key)


def make_chain(length: int = LENGTH, *, key: Ed25519PrivateKey = KEY) -> list[Line]:
    lines: list[Line] = []
    for sequence in range(1, length + 1):
        lines.append(link(sequence, lines[-1].hash if lines else GENESIS, key=key))
    return lines


WHOLE = make_chain()
HEAD = (LENGTH, WHOLE[-1].hash)


def faults(lines: list[Line], *, now: datetime = NOW, **known: Any) -> list[receipt_chain.Fault]:
    public = KEY.public_key()
    return list(receipt_chain.verify(lines, chain=CHAIN, public_key=public, now=now, **known))


def test_a_chain_that_nobody_touched_is_whole() -> None:
    assert faults(WHOLE, heads=[HEAD, (3, WHOLE[2].hash)], hashes=[WHOLE[4].hash]) == []
    assert faults([]) == []


@given(
    at=st.integers(0, LENGTH - 1),
    part=st.sampled_from(["body", "hash", "signature"]),
    place=st.integers(0, 10_000),
    letter=st.characters(min_codepoint=32, max_codepoint=126),
)
def test_one_altered_character_is_found_and_its_line_named(
    at: int, part: str, place: int, letter: str
) -> None:
    text = getattr(WHOLE[at], part)
    place %= len(text)
    changed = text[:place] + letter + text[place + 1 :]
    lines = [*WHOLE[:at], replace(WHOLE[at], **{part: changed}), *WHOLE[at + 1 :]]

    found = faults(lines)

    if changed == text:
        assert found == []
    else:
        assert found != []
        # A changed number at the very beginning cannot be told from lines that were cut off there.
        assert at + 1 in {fault.line for fault in found} or (at == 0 and part == "body")


@given(first=st.integers(0, LENGTH - 1), count=st.integers(1, LENGTH))
def test_left_out_lines_are_found_the_last_ones_with_the_help_of_a_known_head(
    first: int, count: int
) -> None:
    lines = [*WHOLE[:first], *WHOLE[first + count :]]

    found = faults(lines, heads=[HEAD])

    assert found[0].line in {first + 1, 1}
    assert "missing" in found[0].text
    assert faults(lines, hashes=[WHOLE[-1].hash]) != []


@given(one=st.integers(0, LENGTH - 1), other=st.integers(0, LENGTH - 1))
def test_two_lines_that_changed_places_are_found(one: int, other: int) -> None:
    lines = list(WHOLE)
    lines[one], lines[other] = lines[other], lines[one]

    assert (faults(lines) == []) is (one == other)


@given(order=st.permutations(range(LENGTH)))
def test_any_other_order_is_found(order: list[int]) -> None:
    assert (faults([WHOLE[at] for at in order]) == []) is (order == sorted(order))


@given(at=st.integers(0, LENGTH - 1), again=st.integers(0, LENGTH - 1))
def test_a_line_that_stands_there_twice_is_found(at: int, again: int) -> None:
    assert faults([*WHOLE[:at], WHOLE[again], *WHOLE[at:]], heads=[HEAD]) != []


@pytest.mark.parametrize("at", range(LENGTH))
def test_a_chain_written_anew_from_a_line_on_with_another_key_is_found(at: int) -> None:
    lines = WHOLE[:at]
    for sequence in range(at + 1, LENGTH + 1):
        lines.append(link(sequence, lines[-1].hash if lines else GENESIS, key=OTHER_KEY, count=0))

    assert {fault.line for fault in faults(lines)} == set(range(at + 1, LENGTH + 1))


def test_even_our_own_key_cannot_write_history_anew_unseen_by_who_has_a_head() -> None:
    anew = make_chain()[:5]
    anew.append(link(6, anew[-1].hash, count=0))

    assert faults(anew) == []
    assert [f.line for f in faults(anew, heads=[(6, WHOLE[5].hash)])] == [6]
    assert [f.line for f in faults(anew, hashes=[WHOLE[5].hash])] == [7]


@pytest.mark.parametrize("at", range(1, LENGTH))
def test_a_line_put_in_place_of_another_with_our_own_key_is_found_by_the_next(at: int) -> None:
    other = link(at, WHOLE[at - 2].hash if at > 1 else GENESIS, count=0)

    found = faults([*WHOLE[: at - 1], other, *WHOLE[at:]])

    assert [str(one) for one in found] == [f"line {at + 1}: does not follow the line before it"]


def test_a_signature_is_written_in_one_way_alone() -> None:
    line = WHOLE[4]
    # Four bits of the last letter before the end stand for nothing.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = letters.index(line.signature[-3])
    other = line.signature[:-3] + letters[last ^ 1] + "=="
    assert base64.b64decode(other) == base64.b64decode(line.signature)

    found = faults([*WHOLE[:4], replace(line, signature=other), *WHOLE[5:]])

    assert [one.line for one in found] == [5]


def test_a_line_of_another_chain_does_not_pass() -> None:
    foreign = link(6, WHOLE[4].hash, chain="another")

    assert str(faults([*WHOLE[:5], foreign])[0]) == "line 6: belongs to another chain"


def test_a_checkpoint_that_is_not_ours_vouches_for_nothing() -> None:
    forged = link(
        13, WHOLE[-1].hash, key=OTHER_KEY, what="checkpoint", up_to=4, up_to_hash=WHOLE[3].hash
    )

    found = faults([*WHOLE[4:], forged])

    assert [one.line for one in found] == [13, 1]
    assert "no checkpoint says it expired" in found[1].text


def test_lines_that_expired_are_missed_unless_a_checkpoint_vouches_for_them() -> None:
    checkpoint = expired(told="", written="2029-03-02T12:00:00+00:00")[-1]

    assert faults([*WHOLE[4:], checkpoint]) == []
    assert faults([*WHOLE[4:], checkpoint], heads=[(2, "of a line that has expired")]) == []
    assert faults([*WHOLE[4:], checkpoint], heads=[(4, WHOLE[3].hash)]) == []
    assert [f.line for f in faults([*WHOLE[4:], checkpoint], heads=[(4, "f" * 64)])] == [4]
    assert [f.line for f in faults(WHOLE[4:])] == [1]
    assert [f.line for f in faults([*WHOLE[5:], checkpoint])] == [1]


def expired(*, told: str, written: str, rule: str = "receipts: 3 years from event") -> list[Line]:
    """The chain after a checkpoint under its first four lines, or five that never were."""
    beginning = {"up_to": 4, "up_to_hash": WHOLE[3].hash, "rule": rule, "written_at": written}
    return [*WHOLE[4:], link(13, WHOLE[-1].hash, what="checkpoint", **beginning)]


def head_of(sequence: int, at: str) -> Head:
    return receipt_signing.signed_head(
        chain=CHAIN, sequence=sequence, digest=WHOLE[sequence - 1].hash, at=at, key=KEY
    )


@pytest.mark.parametrize(
    ("told", "written", "rule", "is_certain"),
    [
        ("2026-03-01T12:00:00+00:00", "2029-03-02T12:00:00+00:00", "3 years from event", False),
        ("2026-03-01T12:00:00+00:00", "2026-03-02T12:00:00+00:00", "3 years from event", True),
        ("2026-03-01T12:00:00+00:00", "2029-02-01T12:00:00+00:00", "3 years from event", True),
        ("2026-03-01T12:00:00+00:00", "2026-04-01T12:00:00+00:00", "30 days from event", False),
        ("2026-03-01T12:00:00+00:00", "2029-03-02T12:00:00+00:00", "what nobody can read", False),
        ("not a moment", "2026-03-02T12:00:00+00:00", "3 years from event", False),
    ],
)
def test_a_given_head_whose_line_expired_is_said_not_to_be_compared_or_cannot_have_expired(
    told: str, written: str, rule: str, is_certain: bool
) -> None:
    lines = expired(told=told, written=written, rule=f"receipts: {rule}; version 1")

    (found,) = faults(lines, given=[head_of(3, told)])

    assert (found.line, found.is_certain) == (3, is_certain)
    assert ("cannot have expired" in found.text) is is_certain
    code, said = receipt_chain.summary([found], read=9, last=13, digest="ab")
    assert code == (1 if is_certain else 3)
    assert said.endswith("well: 9 lines, 5 to 13, up to ab")
    assert faults(lines, given=[head_of(9, told)]) == []


def test_the_last_line_that_expired_is_never_passed_over_though_the_checkpoint_bears_its_hash() -> (
    None
):
    lines = expired(told="", written="2026-03-02T12:00:00+00:00")

    (by_head,) = faults(lines, given=[head_of(4, "2026-03-01T12:00:00+00:00")])
    (by_hash,) = faults(lines, hashes=[WHOLE[3].hash])

    assert (by_head.line, by_head.is_certain) == (4, False)
    assert by_head.text.startswith("has the hash of the given head: it expired with all before it")
    assert (by_hash.line, by_hash.is_certain) == (4, False)


@pytest.mark.parametrize(
    ("ahead", "is_fault"),
    [(timedelta(days=3), False), (timedelta(days=3, microseconds=1), True)],
)
def test_a_checkpoint_of_a_day_that_is_yet_to_come_is_a_fault_and_vouches_for_nothing(
    ahead: timedelta, is_fault: bool
) -> None:
    written = datetime(2029, 3, 2, 12, tzinfo=UTC)
    lines = expired(told="", written=written.isoformat())
    head = head_of(3, "2026-03-01T12:00:00+00:00")

    found = faults(lines, now=written - ahead, given=[head])

    if is_fault:
        told = "is a checkpoint of '2029-03-02', a day that is yet to come"
        assert (found[0].line, found[0].text) == (13, told)
        assert "no checkpoint says it expired" in found[1].text
        assert receipt_chain.summary(found, read=9, last=13, digest="ab")[0] == 1
    else:
        assert [one.is_certain for one in found] == [False]  # the head cannot be compared


@pytest.mark.parametrize("written", ["", "soon", "2029-03-02T12:00:00", None, 20290302])
def test_a_checkpoint_of_no_moment_is_a_fault(written: Any) -> None:
    (found, *_) = faults(expired(told="", written=written))

    assert str(found) == "line 13: altered: it cannot be read"


@pytest.mark.parametrize(
    "body",
    [
        '{"previous":"","sequence":1,"up_to":Infinity,"up_to_hash":"","what":"checkpoint"}',
        "[" * 100_000,
    ],
)
def test_what_no_reader_can_take_in_is_a_fault_and_breaks_nothing(body: str) -> None:
    found = faults([Line(body, "0" * 64, "")])

    assert found[0].text == "altered: it cannot be read"


def test_a_rule_cannot_write_lines_of_its_own_into_what_is_told() -> None:
    rule = "receipts: \ud800)\nall well"

    (found,) = faults(
        expired(told="", written="2026-03-02T12:00:00+00:00", rule=rule),
        given=[head_of(3, "2026-03-01T12:00:00+00:00")],
    )

    assert str(found).isascii()
    assert "\n" not in str(found)


def test_a_head_is_read_back_out_of_a_mail_and_its_signature_checked() -> None:
    head = receipt_signing.signed_head(
        chain=CHAIN, sequence=12, digest=HEAD[1], at="2026-03-10T12:00:00+00:00", key=KEY
    )
    mail = "Good morning,\n\n" + receipt_signing.write_head(head).replace("\n", "\r\n") + "\nBye"

    back = receipt_chain.read_head(mail.replace("\r\n", "\n"))

    public = KEY.public_key()
    assert back == head
    assert receipt_chain.check_head(back, chain=CHAIN, public_key=public) == []
    for altered in (replace(back, sequence=11), replace(back, hash=WHOLE[0].hash)):
        assert receipt_chain.check_head(altered, chain=CHAIN, public_key=public) != []
    assert receipt_chain.check_head(back, chain="another", public_key=public) != []
    with pytest.raises(receipt_chain.NoHeadError):
        receipt_chain.read_head("nothing of the kind")


def test_the_file_checks_an_export_on_a_machine_that_has_nothing_of_ours(tmp_path: Path) -> None:
    script = tmp_path / "verify.py"
    script.write_bytes(Path(receipt_chain.__file__).read_bytes())
    (tmp_path / "public-key.pem").write_bytes(
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    head = receipt_signing.signed_head(
        chain=CHAIN, sequence=12, digest=HEAD[1], at="2026-03-10T12:00:00+00:00", key=KEY
    )
    (tmp_path / "head.txt").write_text(receipt_signing.write_head(head))

    def check(lines: list[Line], *words: str) -> tuple[int, str]:
        (tmp_path / "receipts.jsonl").write_text(
            "".join(
                json.dumps({"body": line.body, "hash": line.hash, "signature": line.signature})
                + "\n"
                for line in lines
            )
        )
        done = subprocess.run(
            [sys.executable, "-I", str(script), *words],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    assert check(WHOLE, "--head", HEAD[1]) == (0, f"all well: 12 lines, up to {HEAD[1]}\n")
    assert check(WHOLE[:9])[0] == 1
    assert check(WHOLE, "--head", "0" * 63 + "1")[0] == 1
    altered = [*WHOLE[:3], replace(WHOLE[3], body=WHOLE[3].body.replace("28", "27")), *WHOLE[4:]]
    code, said = check(altered)
    assert (code, said.splitlines()[0]) == (
        1,
        "line 4: altered: its content does not fit its hash",
    )
    assert check(WHOLE, "--head", "no-such-file")[0] == 2

    # The whole chain thrown away, and one line put there by whoever has the key.
    gone = {"up_to": 12, "up_to_hash": "ab" * 32, "written_at": "2026-03-11T12:00:00+00:00"}
    (tmp_path / "mailed.txt").write_text(
        receipt_signing.write_head(
            receipt_signing.signed_head(
                chain=CHAIN, sequence=11, digest=WHOLE[10].hash, at="2026-03-10T12:00:00+00:00",
                key=KEY,
            )
        )
    )  # fmt: skip
    one = link(13, "ab" * 32, what="checkpoint", rule="receipts: 3 years from event", **gone)
    told = {"sequence": 13, "digest": one.hash, "at": "2026-03-11T12:00:00+00:00"}
    forged = receipt_signing.signed_head(chain=CHAIN, key=KEY, **told)
    (tmp_path / "head.txt").write_text(receipt_signing.write_head(forged))
    code, said = check([one], "--head", "mailed.txt")
    assert (code, said.splitlines()[0][:27]) == (1, "line 11: cannot have expire")
    assert said.splitlines()[-1] == f"not well: 1 lines, 13 to 13, up to {one.hash}"

    coming = datetime.now(UTC) + timedelta(days=400)
    beginning = {"up_to": 4, "up_to_hash": WHOLE[3].hash, "written_at": coming.isoformat()}
    early = link(13, WHOLE[-1].hash, what="checkpoint", **beginning)
    told = {"sequence": 13, "digest": early.hash, "at": "2026-03-11T12:00:00+00:00"}
    forged = receipt_signing.signed_head(chain=CHAIN, key=KEY, **told)
    (tmp_path / "head.txt").write_text(receipt_signing.write_head(forged))
    code, said = check([*WHOLE[4:], early])
    assert (code, said.splitlines()[0][:26]) == (1, "line 13: is a checkpoint o")
    assert said.splitlines()[-1] == f"not well: 9 lines, 5 to 13, up to {early.hash}"

    spoilt = json.dumps(
        {"body": one.body.replace("3 y", "\ud800 y"), "hash": one.hash, "signature": ""}
    )
    for written in (spoilt.encode(), b"\xff\xfe\n"):
        (tmp_path / "receipts.jsonl").write_bytes(written)
        done = subprocess.run(
            [sys.executable, "-I", str(script)], cwd=tmp_path, capture_output=True, text=True
        )
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    (tmp_path / "receipts.jsonl").unlink()
    done = subprocess.run(
        [sys.executable, "-I", str(script)], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr[:17]) == (2, "cannot be checked")


def test_random_spoiling_of_an_export_is_never_taken_for_whole() -> None:
    chance = random.Random(7)
    for _ in range(200):
        lines = list(WHOLE)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(lines))
            what = chance.choice(["drop", "swap", "body", "hash"])
            if what == "drop":
                del lines[at]
            elif what == "swap":
                other = chance.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            else:
                lines[at] = replace(lines[at], **{what: getattr(lines[at], what)[::-1]})
        assert (faults(lines, heads=[HEAD]) == []) is (lines == WHOLE)
