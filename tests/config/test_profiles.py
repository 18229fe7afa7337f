"""The five ready profiles keep what their policies promise."""

from typing import Any

import pytest

from config.campaign_limits import Weekday
from config.campaign_rules import FollowUpBasis, MachineDetection, RetryCause
from config.directory import Configuration
from config.notations import LANGUAGES
from config.organisation_file import Organisation, Right
from config.retention_rules import DataClass, Extension, KeepUntil, StartEvent
from config.setting_rules import is_e164
from config.survey_file import Kind, ScaleDirection


def test_there_are_five_profiles(shipped: Configuration) -> None:
    assert set(shipped.organisations) == {
        "consumer-credit",
        "debt-collection",
        "software",
        "answering-service",
        "property-management",
    }


HOLD, OPEN = Extension.LEGAL_HOLD, Extension.OPEN_MATTER


@pytest.mark.parametrize(
    ("profile", "data_class", "keep", "start", "ceiling", "extended_by"),
    [
        ("consumer-credit", "answers", "18 months", "answered", None, {HOLD}),
        ("consumer-credit", "free_comments", "12 months", "answered", None, {HOLD}),
        ("debt-collection", "answers", "until handled", "answered", "12 months", {OPEN}),
        ("software", "answers", "3 years", "collected", None, set()),
        ("software", "free_comments", "3 years", "collected", None, set()),
        ("software", "complaints", "until handled", "collected", "3 years", set()),
        ("software", "case_notes", "until handled", "collected", "3 years", set()),
        ("software", "throttle_tokens", "90 days", "contact", None, set()),
        ("answering-service", "telephone_messages", "6 months", "received", None, set()),
        ("answering-service", "staff_register", "never by age", "collected", None, set()),
        ("property-management", "contact_log", "180 days", "contact", None, {OPEN}),
        ("property-management", "complaints", "until handled", "received", "3 years", {HOLD}),
        ("consumer-credit", "complaints", "until handled", "received", "3 years", {HOLD}),
        ("debt-collection", "complaints", "until handled", "received", "3 years", {HOLD}),
        ("answering-service", "complaints", "until handled", "received", "3 years", {HOLD}),
        ("consumer-credit", "objections", "never by age", "event", None, set()),
        ("debt-collection", "objections", "never by age", "event", None, set()),
        ("software", "objections", "never by age", "event", None, set()),
        ("consumer-credit", "request_log", "3 years", "event", None, set()),
        ("consumer-credit", "receipts", "3 years", "event", None, set()),
        ("consumer-credit", "listening_log", "3 years", "event", None, set()),
    ],
)
def test_each_promise_of_the_retention_table_is_a_rule(
    shipped: Configuration,
    profile: str,
    data_class: str,
    keep: str,
    start: str,
    ceiling: str | None,
    extended_by: set[Extension],
) -> None:
    rule = shipped.organisations[profile].rule(DataClass(data_class))

    assert str(rule.keep) == keep
    assert rule.start is StartEvent(start)
    assert (str(rule.ceiling) if rule.ceiling else None) == ceiling
    assert set(rule.extended_by) == extended_by


def test_every_class_of_personal_data_has_a_rule_in_every_profile(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        assert {rule.data_class for rule in organisation.retention} == set(DataClass)


def test_nothing_personal_of_the_software_house_outlives_three_years(
    shipped: Configuration,
) -> None:
    for rule in shipped.organisations["software"].retention:
        if rule.data_class in (DataClass.STAFF_REGISTER, DataClass.OBJECTIONS):
            assert rule.keep is KeepUntil.NEVER_BY_AGE
        else:
            assert str(rule.longest) in ("3 years", "6 months", "90 days", "7 days")


def test_the_throttle_token_lasts_as_long_as_the_throttle(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        assert organisation.rule(DataClass.THROTTLE_TOKENS).keep == organisation.throttle


def test_the_credit_campaign_asks_exactly_its_four_questions(shipped: Configuration) -> None:
    campaign = shipped.organisations["consumer-credit"].campaign("after-case")
    questions = shipped.surveys[campaign.survey].questions

    assert [(question.key, question.kind) for question in questions] == [
        ("satisfaction", Kind.CSAT),
        ("recommend", Kind.NPS),
        ("comment", Kind.COMMENT),
        ("follow_up", Kind.FOLLOW_UP),
    ]
    satisfaction, recommend, comment, follow_up = questions
    assert satisfaction.scored is not None
    assert (satisfaction.scored.lowest, satisfaction.scored.highest) == (1, 5)
    assert satisfaction.scored.direction is ScaleDirection.HIGH_IS_GOOD
    assert recommend.scored is not None
    assert (recommend.scored.lowest, recommend.scored.highest) == (0, 10)
    assert [(v.when.question, v.when.at_most, v.when.at_least) for v in comment.variants] == [
        ("satisfaction", 2, None),
        ("satisfaction", None, 4),
    ]
    assert follow_up.ask_when is not None
    assert (follow_up.ask_when.question, follow_up.ask_when.at_most) == ("satisfaction", 2)


def test_only_the_very_dissatisfied_are_contacted_without_a_yes(shipped: Configuration) -> None:
    rule = shipped.organisations["consumer-credit"].campaign("after-case").open_case

    assert rule is not None
    assert (rule.when.question, rule.when.at_most) == ("satisfaction", 1)
    assert rule.contact_by is FollowUpBasis.LEGITIMATE_INTEREST
    for profile, basis in (
        ("debt-collection", FollowUpBasis.CONSENT),
        ("software", FollowUpBasis.ANSWERED),
    ):
        (campaign,) = shipped.organisations[profile].campaigns
        assert campaign.open_case is not None
        assert campaign.open_case.contact_by is basis


def test_the_software_house_measures_recommendation_effort_and_satisfaction(
    shipped: Configuration,
) -> None:
    scored = [q for q in shipped.surveys["software-experience"].questions if q.scored]

    assert [q.kind for q in scored] == [Kind.NPS, Kind.CES, Kind.CSAT]
    assert all(q.scored and q.scored.direction is ScaleDirection.HIGH_IS_GOOD for q in scored)


def test_the_property_survey_has_a_choice_and_a_yes_or_no(shipped: Configuration) -> None:
    questions = shipped.surveys["property-after-matter"].questions

    assert [q.kind for q in questions] == [Kind.CSAT, Kind.CHOICE, Kind.YES_NO, Kind.COMMENT]


def test_who_does_not_answer_the_software_house_is_left_in_peace(shipped: Configuration) -> None:
    (campaign,) = shipped.organisations["software"].campaigns

    assert campaign.retry[RetryCause.NO_ANSWER] is None
    assert campaign.retry[RetryCause.BUSY] is None


def test_the_debt_collectors_name_tells_nobody_its_trade(shipped: Configuration) -> None:
    organisation = shipped.organisations["debt-collection"]
    (campaign,) = organisation.campaigns
    spoken = [
        *organisation.spoken_name.values(),
        *shipped.surveys[campaign.survey].purpose.values(),
    ]

    for word in ("inkasso", "skuld", "gjeld", "gæld", "velka", "perintä", "debt", "collect"):
        assert not any(word in text.lower() for text in spoken)
    assert set(organisation.rights) == set(Right) - {Right.ACCESS, Right.PORTABILITY}


def test_nobody_is_rung_at_night_on_sundays_or_on_holidays(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        for campaign in organisation.campaigns:
            assert campaign.public_holidays
            assert not campaign.window.get(Weekday.SUNDAY)
            assert not campaign.window.get(Weekday.SATURDAY)
            for spans in campaign.window.values():
                assert all("09:00" <= start < end <= "20:00" for start, end in spans)


def test_no_call_begins_with_the_silence_of_a_detector(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        for campaign in organisation.campaigns:
            assert campaign.answering_machine_detection is MachineDetection.OFF


def test_every_profile_speaks_every_language(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        assert set(organisation.languages) == set(LANGUAGES)


def test_the_answering_service_has_mailboxes(shipped: Configuration) -> None:
    assert len(shipped.organisations["answering-service"].mailboxes) >= 2


def test_every_shipped_number_is_kept_free_for_fiction(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        numbers = [entry.number for entry in (*organisation.lines, *organisation.mailboxes)]
        assert numbers
        for number in numbers:
            assert is_e164(number)
            assert number[:-2] in ("+468465004", "+463139006")


def test_an_organisation_survives_being_stored_as_a_document(shipped: Configuration) -> None:
    for organisation in shipped.organisations.values():
        document = organisation.document()

        assert Organisation.model_validate(document) == _without_addresses(organisation)
        assert "@" not in str(document["mailboxes"])


def _without_addresses(organisation: Organisation) -> Organisation:
    emptied: Any = tuple(box.model_copy(update={"notify": ()}) for box in organisation.mailboxes)
    return organisation.model_copy(update={"mailboxes": emptied})
