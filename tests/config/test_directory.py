"""The operator's folder: what is refused, in exact words, with file, line and field."""

from pathlib import Path
from typing import Any

import pytest

from config.directory import load_configuration, load_prompts
from config.phrases import Phrase
from config.problems import ConfigurationError, Problem

CREDIT = "organisations/consumer-credit.yaml"
SURVEY = "surveys/credit-after-case.yaml"
SWEDISH = "prompts/sv.yaml"


def line_of(folder: Any, file: str, text: str) -> int:
    for number, line in enumerate((folder.path / file).read_text("utf-8").splitlines(), start=1):
        if text in line:
            return number
    raise AssertionError(f"{text!r} is not in {file}")


def test_what_is_shipped_has_no_fault(folder: Any) -> None:
    assert folder.problems() == []


# File, what is replaced by what, the line that is blamed (by a text in it), and the words.
def grounds(by_consent: str, *more: str) -> str:
    """The lender's campaign with grounds by country, for its line with the price."""
    named = [*(f"{country}: {{by: consent}}" for country in by_consent.split()), *more]
    lines = "".join(f"      {one}\n" for one in named)
    return f"    automatic_calls:\n{lines}    price: {{currency: SEK"


WRONG = [
    (
        CREDIT,
        "key: consumer-credit",
        "key: consumer_debit",
        "key: consumer_debit",
        "key: is consumer_debit but the file is called consumer-credit.yaml; make them agree",
    ),
    (
        CREDIT,
        "key: consumer-credit",
        "key: Consumer Credit",
        "key: Consumer",
        "key: 'Consumer Credit' is not a key; small letters, digits, - and _ such as after-case",
    ),
    (
        CREDIT,
        "name: Exempelkredit\n",
        "",
        "key: consumer-credit",
        "name: is missing; it says the name on the screen",
    ),
    (
        CREDIT,
        "country: SE",
        "cuntry: SE",
        "cuntry: SE",
        "cuntry: is not a known field; country is perhaps meant",
    ),
    (
        CREDIT,
        "country: SE",
        "country: Sweden",
        "country: Sweden",
        "country: 'Sweden' is not a country; two capitals such as SE are right",
    ),
    (
        CREDIT,
        "Europe/Stockholm",
        "Europe/Stokholm",
        "Europe/Stokholm",
        "timezone: 'Europe/Stokholm' is not a time zone; Europe/Stockholm would be right",
    ),
    (
        CREDIT,
        "languages: [sv, nb, da, fi, en]",
        "languages: [sv, no, da, fi, en]",
        "languages:",
        "languages[1]: 'no' is not a language spoken here; one of sv, nb, da, fi, en is right",
    ),
    (
        CREDIT,
        "languages: [sv, nb, da, fi, en]",
        "languages: [sv, nb, sv]",
        "languages:",
        "languages[2]: sv is given twice; keep one of them",
    ),
    (
        CREDIT,
        "languages: [sv, nb, da, fi, en]",
        "languages: []",
        "languages:",
        "languages: has 0 entries; at least 1 would be right",
    ),
    (
        CREDIT,
        "nb: Exempelkredit, ",
        "",
        "spoken_name:",
        "spoken_name: has no wording in nb; every text of the file needs one",
    ),
    (
        CREDIT,
        "spoken_name: {sv: Exempelkredit",
        'spoken_name: {sv: "Exempel {x}"',
        "spoken_name:",
        "spoken_name.sv: uses {x}, which is not filled in here; placeholders here: none",
    ),
    (
        CREDIT,
        "privacy_email: dataskydd@exempelkredit.example",
        "privacy_email: dataskydd",
        "privacy_email:",
        "contact.privacy_email: 'dataskydd' is not a mail address; privacy@example.org is right",
    ),
    (
        CREDIT,
        '{number: "+46846500400"',
        "{number: 08-465 004 00",
        "08-465",
        "lines[0].number: '08-465 004 00' is not a telephone number in international form; "
        "+46846500400 would be right",
    ),
    (
        CREDIT,
        '{number: "+46846500400"',
        "{number: 46846500400",
        "number: 46846500400",
        "lines[0].number: 46846500400 is not right here; text in quotes is expected",
    ),
    (
        CREDIT,
        "calls_per_second: 1,",
        "calls_per_second: 0,",
        "calls_per_second",
        "lines[0].calls_per_second: 0 is not right here; input should be greater than 0",
    ),
    (
        CREDIT,
        'line: "+46846500400"',
        'line: "+46846500409"',
        'line: "+46846500409"',
        "campaigns[0].line: +46846500409 is none of the numbers under lines; add it there",
    ),
    (
        CREDIT,
        "survey: credit-after-case",
        "survey: after-case",
        "survey: after-case",
        "campaigns[0].survey: after-case is no file in surveys/; known are: "
        "answering-satisfaction, collection-after-contact, credit-after-case, "
        "property-after-matter, software-experience",
    ),
    (
        CREDIT,
        "delay: 1 hour",
        "delay: an hour",
        "delay:",
        "campaigns[0].delay: 'an hour' is not a time span; "
        '"15 minutes", "2 hours" or "7 days" is right',
    ),
    (
        CREDIT,
        "stale_after: 7 days",
        "stale_after: 1 hour",
        "stale_after:",
        "campaigns[0].stale_after: is not longer than delay, so nobody would ever be called",
    ),
    (
        CREDIT,
        'monday: [["09:00", "20:00"]]',
        'monday: [["9:00", "20:00"]]',
        "monday:",
        "campaigns[0].window.monday[0][0]: '9:00' is not a time of day; \"09:00\" would be right",
    ),
    (
        CREDIT,
        'monday: [["09:00", "20:00"]]',
        'monday: [["20:00", "09:00"]]',
        "monday:",
        "campaigns[0].window.monday[0]: ends at 09:00, which is not after 20:00",
    ),
    (
        CREDIT,
        'monday: [["09:00", "20:00"]]',
        'monday: [["09:00", "12:00"], ["11:00", "20:00"]]',
        "monday:",
        "campaigns[0].window.monday[1]: begins at 11:00, before the span ahead of it has ended",
    ),
    (
        CREDIT,
        'monday: [["09:00", "20:00"]]',
        'måndag: [["09:00", "20:00"]]',
        "måndag:",
        "campaigns[0].window.måndag: 'måndag' is unknown here; 'monday', 'tuesday', 'wednesday', "
        "'thursday', 'friday', 'saturday' or 'sunday' would be right",
    ),
    (
        CREDIT,
        "public_holidays: true",
        "public_holidays: maybe",
        "public_holidays:",
        "campaigns[0].public_holidays: 'maybe' is not right here; true or false is expected",
    ),
    (
        CREDIT,
        "ring_seconds: 25",
        "ring_seconds: 25.5",
        "ring_seconds:",
        "campaigns[0].ring_seconds: 25.5 is not right here; a whole number is expected",
    ),
    (
        CREDIT,
        "answering_machine_detection: off",
        "answering_machine_detection: on",
        "answering_machine_detection:",
        "campaigns[0].answering_machine_detection: 'on' is unknown here; 'off', 'sync' or "
        "'async' would be right",
    ),
    (
        CREDIT,
        "machine: never",
        "machine: sometimes",
        "machine:",
        "campaigns[0].retry.machine: 'sometimes' is not right here; fields with a name each, or "
        "never, is expected",
    ),
    (
        CREDIT,
        "busy: {after: 15 minutes, times: 2}",
        "busy: {after: 15 minutes, times: 20}",
        "busy:",
        "campaigns[0].retry.busy.times: 20 is not right here; input should be less than or equal "
        "to 10",
    ),
    (
        CREDIT,
        "purpose: not_marketing\n",
        "purpose: marketing\n",
        "calls_allowed_by: not_marketing",
        "campaigns[0].classification.calls_allowed_by: not_marketing contradicts the purpose "
        "marketing; a machine may place marketing calls only with consent, handed_over or "
        "called_in",
    ),
    (
        CREDIT,
        "    price: {currency: SEK",
        grounds("SE NO"),
        "automatic_calls:",
        "campaigns[0].automatic_calls: names no ground for DK, FI, so nobody would be called "
        "there; add {by: consent}, or take the country out of allowed_countries",
    ),
    (
        CREDIT,
        "    price: {currency: SEK",
        grounds("SE NO DK FI DE"),
        "DE: {by",
        "campaigns[0].automatic_calls.DE: is none of allowed_countries; leave it out",
    ),
    (
        CREDIT,
        "    price: {currency: SEK",
        grounds("SE NO DK", "FI: {by: not_marketing, decided_by: Somebody}"),
        "FI: {by",
        "campaigns[0].automatic_calls.FI: needs decided_by and decided_on: somebody signs that it "
        "is not marketing there",
    ),
    (
        CREDIT,
        "allowed_countries: [SE, NO, DK, FI]",
        "allowed_countries: [SE, NO, DK, FI, DE]",
        "allowed_countries:",
        "campaigns[0].allowed_countries: DE would see +46846500400, a number for SE, NO, DK, FI; "
        "lease one there, or add it to the line's calls_to",
    ),
    (
        CREDIT,
        ", calls_to: [SE, NO, DK, FI]}",
        "}",
        "allowed_countries:",
        "campaigns[0].allowed_countries: NO, DK, FI would see +46846500400, a number for SE; lease "
        "one there, or add it to the line's calls_to",
    ),
    (
        CREDIT,
        "allowed_countries: [SE, NO, DK, FI]",
        "allowed_countries: []",
        "allowed_countries:",
        "campaigns[0].allowed_countries: is empty, so nobody would ever be called",
    ),
    (
        CREDIT,
        "blocked_days: [2026-12-24, 2026-12-31]",
        "blocked_days: [2026-12-24, 2026-12-24]",
        "blocked_days:",
        "campaigns[0].blocked_days[1]: 2026-12-24 is given twice; keep one of them",
    ),
    (
        CREDIT,
        "hours_of: customer",
        "sample_percent: 0",
        "sample_percent:",
        "campaigns[0].sample_percent: 0 is not right here; input should be greater than or equal "
        "to 1",
    ),
    (
        CREDIT,
        "hours_of: customer",
        "registers: [{key: nix, valid_for: 30 days}, {key: nix, valid_for: 1 month}]",
        "registers:",
        "campaigns[0].registers[1]: nix is given twice; keep one of them",
    ),
    (
        CREDIT,
        "hours_of: customer",
        "quotas: [{segment: team, equals: a, at_most: 9}, {segment: team, equals: a, at_most: 8}]",
        "quotas:",
        "campaigns[0].quotas[1]: team a is given twice; keep one of them",
    ),
    (
        CREDIT,
        "hours_of: customer",
        'company_numbers: {register: companies, window: {monday: [["17:00", "09:00"]]}}',
        "company_numbers:",
        "campaigns[0].company_numbers.window.monday[0]: ends at 09:00, which is not after 17:00",
    ),
    (
        CREDIT,
        "currency: SEK",
        "currency: kronor",
        "price:",
        "campaigns[0].price.currency: 'kronor' is not a currency; three capitals such as SEK are "
        "right",
    ),
    (
        CREDIT,
        "per_minute: 0.45}",
        "per_minute: much}",
        "price:",
        "campaigns[0].price.per_minute: 'much' is not right here; an amount such as 0.25 is "
        "expected",
    ),
    (
        CREDIT,
        "price: {currency: SEK, per_call: 0.10, per_minute: 0.45}",
        "# no price",
        "ceiling: {",
        "campaigns[0].ceiling: needs a price; without one nobody knows what a call costs",
    ),
    (
        CREDIT,
        "busy: {after: 15 minutes, times: 2}",
        "busy: {after: 15 minutes, times: 2, then: sms}",
        "busy:",
        "campaigns[0].retry.busy.then: sms costs nothing by the price, so the ceiling would not "
        "count it; give per_sms",
    ),
    (
        CREDIT,
        "machine: never",
        "machine: {after: 1 hour, times: 1, then: sms}",
        "machine:",
        "campaigns[0].retry.machine.then: sms follows nothing, as no machine is recognised while "
        "answering_machine_detection is off; sync or async would be right",
    ),
    (
        CREDIT,
        "per_call: 0.10, per_minute: 0.45}",
        "per_call: 0}",
        "price:",
        "campaigns[0].price: is nothing, so the ceiling would never be reached",
    ),
    (
        CREDIT,
        "per_day: 5000",
        "per_day: 6.84",
        "ceiling: {",
        "campaigns[0].ceiling.per_day: 6.84 is less than one call of 15 minutes may cost, 6.85; "
        "nobody would ever be called",
    ),
    (
        CREDIT,
        "    legal_basis:",
        "    former_customers_for: 25 months\n    legal_basis:",
        "former_customers_for:",
        "campaigns[0].former_customers_for: 25 months is too long for calling former customers; at "
        "most 24 months is right",
    ),
    (
        CREDIT,
        "    legal_basis:",
        "    former_customers_for: never\n    legal_basis:",
        "former_customers_for:",
        "campaigns[0].former_customers_for: 'never' is not a period; \"18 months\" or "
        '"180 days" is right',
    ),
    (
        CREDIT,
        "ceiling: {per_day: 5000, whole: 250000}",
        "ceiling: {}",
        "ceiling: {",
        "campaigns[0].ceiling: has no amount; give per_day, whole or both",
    ),
    (
        CREDIT,
        "  - key: after-case\n",
        "  - key: after-case\n    kind: research\n",
        "contact_by:",
        "campaigns[0].open_case.contact_by: in research nobody is told who answered unless the "
        "person asks for it; consent would be right",
    ),
    (
        CREDIT,
        "machine: never",
        "machine: {after: 1 hour, times: 1, then: letter}",
        "machine:",
        "campaigns[0].retry.machine.then: 'letter' is unknown here; 'call' or 'sms' would be right",
    ),
    (
        CREDIT,
        "decided_on: 2026-01-15",
        "decided_on: 15/1 2026",
        "decided_on:",
        "campaigns[0].classification.decided_on: '15/1 2026' is not right here; a day such as "
        "2026-01-31 is expected",
    ),
    (
        CREDIT,
        "when: {question: satisfaction, at_most: 1}",
        "when: {question: happiness, at_most: 1}",
        "when: {question: happiness",
        "campaigns[0].open_case.when.question: happiness is no question of this survey; earlier "
        "ones are: satisfaction, recommend, comment, follow_up",
    ),
    (
        CREDIT,
        "keep: 12 months",
        "keep: a year",
        "class: free_comments",
        'retention[1].keep: \'a year\' is not a period; "18 months" or "180 days" is right, as '
        'are "until handled" and "never by age"',
    ),
    (
        CREDIT,
        "{class: exports, keep: 7 days, from: event}",
        "{class: answers, keep: 7 days, from: answered}",
        "{class: answers, keep: 7 days",
        "retention[12].class: answers has a rule already; keep one of them",
    ),
    (
        CREDIT,
        "{class: answers, keep: 18 months, from: answered",
        "{class: answers, keep: 18 months, from: received",
        "{class: answers, keep: 18 months",
        "retention[0].from: received is not what the clock of answers goes by; answered or "
        "collected is",
    ),
    (
        CREDIT,
        "  - {class: exports, keep: 7 days, from: event}\n",
        "",
        "retention:",
        "retention: has no rule for exports; nothing is kept without one",
    ),
    (
        CREDIT,
        "{class: free_comments, keep: 12 months",
        "{class: free_comments, keep: never by age",
        "class: free_comments",
        "retention[1]: free_comments has no last day, and callers are told one; give a period, "
        'or "until handled" with a ceiling',
    ),
    (
        CREDIT,
        "{class: free_comments, keep: 12 months",
        "{class: free_comments, ceiling: 12 months, keep: 12 months",
        "class: free_comments",
        'retention[1].ceiling: belongs to "until handled"; a period is a limit by itself',
    ),
    (
        CREDIT,
        "from: received, ceiling: 3 years",
        "from: received",
        "class: complaints",
        "retention[5].ceiling: is missing; complaints that nobody handles would be kept for ever, "
        'so say the longest, such as "3 years"',
    ),
    (
        CREDIT,
        "{class: contact_log, keep: 18 months",
        "{class: contact_log, keep: 547 days",
        "class: contact_log",
        "retention[4].keep: 547 days is shorter than the 18 months of answers on some days of the "
        "year and longer on others, so nobody could say which goes first; write both in days or "
        "both in months",
    ),
    (
        CREDIT,
        "exports, keep: 7 days, from: event",
        "exports, keep: 7 days, from: event, extended_by: [legal_hold]",
        "class: exports",
        "retention[12].extended_by: legal_hold keeps nothing of exports: they are copies, and the "
        "erasure of anybody ends all of them; what is needed is held in the class that it was "
        "copied from; leave it out",
    ),
    (
        CREDIT,
        "receipts, keep: 3 years, from: event",
        "receipts, keep: 3 years, from: event, extended_by: [legal_hold, open_matter]",
        "class: receipts",
        "retention[10].extended_by: open_matter keeps nothing of receipts: no case is about them; "
        "leave it out",
    ),
    (
        CREDIT,
        "from: answered",
        "from: answer",
        "class: answers",
        "retention[0].from: 'answer' is unknown here; 'answered', 'received', 'contact', "
        "'collected' or 'event' would be right",
    ),
    (
        SURVEY,
        "kind: nps",
        "kind: npss",
        "kind: npss",
        "questions[1].kind: 'npss' is unknown here; 'nps', 'csat', 'ces', 'choice', 'yes_no', "
        "'comment' or 'follow_up' would be right",
    ),
    (
        SURVEY,
        "kind: nps",
        "kind: ces",
        "key: recommend",
        "questions[1]: a ces question needs a scale with lowest, highest and direction",
    ),
    (
        SURVEY,
        "scale: {lowest: 1, highest: 5, direction: high_is_good}",
        "scale: {lowest: 1, highest: 7, direction: high_is_good}",
        "      sv: >-",
        "questions[0].prompt.sv: does not say 7 in digits, an end of the scale that the caller "
        "must hear",
    ),
    (
        SURVEY,
        "scale: {lowest: 1, highest: 5, direction: high_is_good}",
        "scale: {lowest: 1, highest: 5}",
        "scale:",
        "questions[0].scale.direction: is missing; it says high_is_good or low_is_good",
    ),
    (
        SURVEY,
        "scale: {lowest: 1, highest: 5, direction: high_is_good}",
        "scale: {lowest: 5, highest: 1, direction: high_is_good}",
        "scale:",
        "questions[0].scale: lowest 5 is not below highest 1",
    ),
    (
        SURVEY,
        "when: {question: satisfaction, at_least: 4}",
        "when: {question: follow_up, equals: yes}",
        "question: follow_up",
        "questions[2].variants[1].when.question: follow_up comes later in the survey; a condition "
        "looks at an earlier one",
    ),
    (
        SURVEY,
        "when: {question: satisfaction, at_least: 4}",
        "when: {question: comment, equals: yes}",
        "question: comment",
        "questions[2].variants[1].when.question: comment is this very question; a condition looks "
        "at an earlier one",
    ),
    (
        SURVEY,
        "ask_when: {question: satisfaction, at_most: 2}",
        "ask_when: {question: mood, at_most: 2}",
        "question: mood",
        "questions[3].ask_when.question: mood is no question of this survey; earlier ones are: "
        "satisfaction, recommend, comment",
    ),
    (
        SURVEY,
        "ask_when: {question: satisfaction, at_most: 2}",
        "ask_when: {question: satisfaction, at_most: 6}",
        "at_most: 6",
        "questions[3].ask_when.at_most: 6 lies outside the scale of satisfaction, 1 to 5",
    ),
    (
        SURVEY,
        "ask_when: {question: satisfaction, at_most: 2}",
        "ask_when: {question: satisfaction, at_least: 4, at_most: 2}",
        "at_least: 4, at_most",
        "questions[3].ask_when: can never hold: at_least 4 is more than at_most 2",
    ),
    (
        SURVEY,
        "ask_when: {question: satisfaction, at_most: 2}",
        "ask_when: {question: satisfaction, equals: bad}",
        "equals: bad",
        "questions[3].ask_when.equals: satisfaction is a score; use at_least and at_most",
    ),
    (
        SURVEY,
        "ask_when: {question: satisfaction, at_most: 2}",
        "ask_when: {question: comment, equals: bad}",
        "equals: bad",
        "questions[3].ask_when: comment is a comment, whose content no condition can test",
    ),
    (
        SURVEY,
        "ask_when: {question: satisfaction, at_most: 2}",
        "ask_when: {question: satisfaction}",
        "ask_when:",
        "questions[3].ask_when: tests nothing; give at_least, at_most or equals",
    ),
    (
        SURVEY,
        "fi: Haluatko kertoa lisää omin sanoin?",
        'fi: "Haluatko\\nkertoa?"',
        'fi: "Haluatko',
        "questions[2].prompt.fi: holds a line break or another control character; write one line",
    ),
    (
        SURVEY,
        "silence_seconds: 4",
        "silence_seconds: 0",
        "silence_seconds: 0",
        "questions[2].silence_seconds: 0 is not right here; input should be greater than or equal "
        "to 1",
    ),
    (
        "surveys/property-after-matter.yaml",
        'key: "2"\n',
        'key: "1"  # again\n',
        "# again",
        "questions[1].choices[1].key: 1 is taken by an earlier choice",
    ),
    (
        "surveys/property-after-matter.yaml",
        'equals: "no"',
        "equals: nope",
        "equals: nope",
        "questions[3].variants[0].when.equals: 'nope' is never stored for resolved; yes, no are",
    ),
    (
        SWEDISH,
        "wrong_key: Det svaret går inte att välja här.\n",
        "",
        "opening:",
        "wrong_key: is missing; callers would hear a gap, so write its wording",
    ),
    (
        SWEDISH,
        "language_menu: Välj språk.",
        "language_menu: Välj språk.\nlanguage_menue: Välj.",
        "language_menue",
        "language_menue: is not a phrase the service speaks; remove it",
    ),
    (
        SWEDISH,
        "language_menu: Välj språk.",
        "language_menu: 7",
        "language_menu",
        "language_menu: '7' is not right here; text in quotes is expected",
    ),
    (
        SWEDISH,
        "language_menu: Välj språk.",
        "language_menu: Välj språk, {name}.",
        "language_menu",
        "language_menu: uses {name}, which is not filled in here; placeholders here: none",
    ),
    (
        SWEDISH,
        "sparas i {answers_period}",
        "sparas",
        "opening:",
        "opening: leaves out {answers_period}, which people must hear or read",
    ),
    (
        SWEDISH,
        "sparar den i {comments_period}",
        "sparar den",
        "comment_notice:",
        "comment_notice: leaves out {comments_period}, which people must hear or read",
    ),
    (
        SWEDISH,
        "{organisation} ringer dig",
        "{organisation ringer dig",
        "objected_calls:",
        "objected_calls: has a brace that belongs to no placeholder; placeholders here: "
        "{organisation}",
    ),
]


@pytest.mark.parametrize(("file", "old", "new", "blamed", "words"), WRONG)
def test_a_fault_is_told_with_file_line_field_and_what_would_be_right(
    folder: Any, file: str, old: str, new: str, blamed: str, words: str
) -> None:
    folder.edit(file, old, new)

    problems = folder.problems()

    assert f"{file}:{line_of(folder, file, blamed)}: {words}" in problems


def test_every_fault_of_every_file_is_told_at_once_in_order(folder: Any) -> None:
    folder.edit(CREDIT, "country: SE", "country: Sweden")
    folder.edit(CREDIT, "delay: 1 hour", "delay: soon")
    folder.edit(SURVEY, "minutes: 2", "minutes: 0")
    folder.edit(SWEDISH, "language_menu: Välj språk.", "language_menu:")
    folder.write("prompts/da.yaml", b"opening: [")

    problems = folder.problems()

    assert [problem.split(":")[0] for problem in problems] == [
        CREDIT,
        CREDIT,
        "prompts/da.yaml",
        SWEDISH,
        SURVEY,
    ]


def test_a_survey_at_fault_is_not_also_called_unknown(folder: Any) -> None:
    folder.edit(SURVEY, "minutes: 2", "minutes: 0")

    assert len(folder.problems()) == 1


def test_a_text_without_one_of_the_languages_is_told_at_the_text(folder: Any) -> None:
    folder.edit(SURVEY, "      fi: Haluatko kertoa lisää omin sanoin?\n", "")

    assert folder.problems() == [
        f"{SURVEY}:56: questions[2].prompt: has no wording in fi; every text of the file needs one"
    ]


def test_a_survey_that_a_campaign_needs_in_another_language_is_told_at_the_campaign(
    folder: Any,
) -> None:
    survey = (folder.path / SURVEY).read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in survey if not line.lstrip().startswith("fi: ")]
    # Folded texts go with their continuation lines: keep only the one-line questions.
    text = "".join(kept)
    start, end = text.index("  - key: satisfaction"), text.index("  - key: follow_up")
    text = text[:start] + text[end:].replace(
        "    ask_when: {question: satisfaction, at_most: 2}\n", ""
    )
    folder.write(SURVEY, text.encode())
    folder.edit(
        CREDIT,
        "when: {question: satisfaction, at_most: 1}",
        "when: {question: follow_up, equals: yes}",
    )

    assert folder.problems() == [
        f"{CREDIT}:{line_of(folder, CREDIT, 'survey: credit-after-case')}: campaigns[0].survey: "
        "credit-after-case is not written in fi"
    ]


def test_a_number_belongs_to_one_line_or_mailbox_of_one_organisation(folder: Any) -> None:
    mailboxes = "organisations/answering-service.yaml"
    folder.edit(mailboxes, 'number: "+46313900612"', 'number: "+46846500400"')

    (problem,) = folder.problems()

    line = line_of(folder, CREDIT, "{number:")
    where = line_of(folder, mailboxes, 'number: "+46846500400"')
    assert problem in (
        f"{mailboxes}:{where}: mailboxes[1].number: +46846500400 is taken in {CREDIT}:{line}",
        f"{CREDIT}:{line}: lines[0].number: +46846500400 is taken in {mailboxes}:{where}",
    )


def test_a_mailbox_needs_its_greeting_in_its_own_language(folder: Any) -> None:
    folder.edit("organisations/property-management.yaml", "language: fi", "language: da")

    (problem,) = folder.problems()

    assert "mailboxes[0].greeting: has no wording in da" in problem


def test_a_question_key_twice_is_told_at_the_second(folder: Any) -> None:
    folder.edit(SURVEY, "key: recommend", "key: satisfaction")

    problems = folder.problems()

    assert (
        f"{SURVEY}:34: questions[1].key: satisfaction is the key of an earlier question too"
        in problems
    )


def test_a_question_that_is_answered_yes_or_no_must_name_both_keys(folder: Any) -> None:
    folder.edit(SURVEY, "Tryck 1 för ja eller 2 för nej.", "Tryck 1 för ja.")

    assert folder.problems() == [
        f"{SURVEY}:81: questions[3].prompt.sv: does not say 2 in digits, where 1 is the key for "
        "yes and 2 the key for no"
    ]


def test_a_country_without_known_holidays_must_say_so(folder: Any) -> None:
    folder.edit(CREDIT, "country: SE", "country: QQ")

    (problem,) = folder.problems()

    assert "campaigns[0].public_holidays: the holidays of QQ are unknown here" in problem


def test_a_language_without_its_file_of_phrases_is_told_at_each_organisation(folder: Any) -> None:
    (folder.path / "prompts/fi.yaml").unlink()

    problems = folder.problems()

    assert len(problems) == 5
    assert "languages[3]: prompts/fi.yaml is missing, so nothing can be said in it" in problems[0]


def test_a_file_of_phrases_in_a_language_that_is_not_spoken_is_refused(folder: Any) -> None:
    (folder.path / "prompts/sv.yaml").rename(folder.path / "prompts/se.yaml")

    assert any(
        "prompts/se.yaml:1: has a name that 'se' is not a language" in p for p in folder.problems()
    )


def test_a_file_with_the_short_ending_is_not_silently_left_out(folder: Any) -> None:
    (folder.path / CREDIT).rename(folder.path / "organisations/consumer-credit.yml")

    assert folder.problems() == [
        "organisations/consumer-credit.yml:1: ends in .yml; rename it to end in .yaml"
    ]


def test_backup_files_of_editors_are_left_alone(folder: Any) -> None:
    for name in (".consumer-credit.yaml.swp", "#x.yaml", ".x.yaml", "notes.txt", "x.yaml~"):
        folder.write(f"organisations/{name}", b"{")

    assert folder.problems() == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(tmp_path)

    assert [problem.file for problem in caught.value.problems] == [
        "organisations",
        "prompts",
        "surveys",
    ]


def test_phrases_alone_can_be_read_for_a_process_that_needs_no_more(folder: Any) -> None:
    folder.write(CREDIT, b"nonsense")

    prompts = load_prompts(folder.path)

    assert set(prompts) == {"sv", "nb", "da", "fi", "en"}
    assert set(prompts["fi"]) == set(Phrase)
    folder.write(SWEDISH, b"nonsense")
    with pytest.raises(ConfigurationError, match=r"prompts/sv\.yaml:1: holds no phrases"):
        load_prompts(folder.path)


def test_a_problem_reads_like_a_compilers() -> None:
    assert str(Problem("surveys/a.yaml", 3, "key", "is wrong")) == "surveys/a.yaml:3: key: is wrong"
    assert str(Problem("surveys/a.yaml", 1, "", "is empty")) == "surveys/a.yaml:1: is empty"


def test_norway_is_not_called_for_marketing_from_a_mobile_number(folder: Any) -> None:
    folder.edit(CREDIT, "+46846500400", "+46701740605")
    folder.edit(CREDIT, "+46846500400", "+46701740605")
    folder.edit(CREDIT, "purpose: not_marketing\n", "purpose: marketing\n")
    folder.edit(CREDIT, "calls_allowed_by: not_marketing", "calls_allowed_by: consent")

    assert any(
        "+46701740605 is a mobile number, from which nobody may be called in NO" in problem
        for problem in folder.problems()
    )
