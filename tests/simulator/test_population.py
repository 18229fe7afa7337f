"""The town: its list, its people, and what they do in a whole call in any language."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from simulator.handset import (
    Answer,
    Direction,
    Ended,
    Ending,
    Handset,
    KeyWindow,
    Line,
    Sound,
    SpeakWindow,
    Spoken,
    Utterance,
)
from simulator.population import Population
from simulator.population_people import Habit, Person, Temperament, person

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
LINE = Line("CA1", "+46101234567", "+46701740610", Direction.OUTBOUND, 30.0, cut=lambda: False)

SURVEYS = {
    "sv": (
        "Hej! Det här är en kort enkät om ditt ärende. Den tar 2 minuter och är frivillig.",
        "Hur nöjd är du? Tryck en siffra från 1 till 5.",
        "På en skala från 0 till 10, hur troligt är det att du rekommenderar oss?",
        "Tryck 1 för att lämna en kommentar, 2 för att gå vidare.",
        "Tryck 1 för att behålla den, 2 för att höra den, 3 för att tala in den igen.",
        "Får vi kontakta dig? Tryck 1 för ja, 2 för nej.",
    ),
    "nb": (
        "Hei! Dette er en kort undersøkelse. Den tar 2 minutter.",
        "Hvor fornøyd er du? Trykk et tall fra 1 til 5.",
        "På en skala fra 0 til 10, hvor sannsynlig er det at du anbefaler oss?",
        "Trykk 1 for å legge igjen en kommentar, 2 for å gå videre.",
        "Trykk 1 for å beholde den, 2 for å høre den, 3 for å ta opp på nytt.",
        "Kan vi kontakte deg? Trykk 1 for ja, 2 for nei.",
    ),
    "da": (
        "Hej! Dette er en kort undersøgelse. Den tager 2 minutter.",
        "Hvor tilfreds er du? Tryk et tal fra 1 til 5.",
        "På en skala fra 0 til 10, hvor sandsynligt er det, at du anbefaler os?",
        "Tryk 1 for at lægge en kommentar, 2 for at gå videre.",
        "Tryk 1 for at beholde den, 2 for at høre den, 3 for at optage igen.",
        "Må vi kontakte dig? Tryk 1 for ja, 2 for nej.",
    ),
    "fi": (
        "Hei! Tämä on lyhyt kysely. Se kestää 2 minuuttia.",
        "Kuinka tyytyväinen olet? Paina numeroa 1–5.",
        "Kuinka todennäköisesti suosittelet meitä asteikolla 0–10?",
        "Paina 1, jos haluat jättää kommentin, tai 2, jos et.",
        "Paina 1, jos säilytät sen, 2, jos kuuntelet sen, 3, jos äänität uudelleen.",
        "Saammeko ottaa yhteyttä? Paina 1, jos kyllä, 2, jos ei.",
    ),
    "en": (
        "Hello! This is a short survey. It takes 2 minutes.",
        "How satisfied are you? Press a key from 1 to 5.",
        "On a scale from 0 to 10, how likely are you to recommend us?",
        "To leave a comment press 1, to go on without one press 2.",
        "Press 1 to keep it, 2 to hear it again, 3 to record it again.",
        "May we contact you? Press 1 for yes, 2 for no.",
    ),
}


class HungUpError(Exception):
    """The person put the telephone down."""


class Interview:
    """A service in miniature: asks in order, repeats what was answered wrongly, notes it all."""

    def __init__(self, handset: Handset, language: str) -> None:
        self.handset = handset
        self.language = language
        self.notes: dict[str, str | None] = {}
        self.recordings: list[Spoken] = []
        self.pressed: list[str] = []

    def say(self, text: str, *, interruptible: bool) -> str:
        heard = self.handset.hear(
            Utterance(Sound.SAY, 4.0, text, self.language, interruptible=interruptible)
        )
        if heard.ended is Ended.HANG_UP:
            raise HungUpError
        if heard.ended is Ended.KEY:
            assert interruptible, "a key where nobody listens"
        return heard.key

    def ask(self, text: str, allowed: set[str], *, wanted: int) -> str | None:
        for _ in range(3):
            keys = self.say(text, interruptible=True)
            while len(keys) < wanted:
                pressed = self.handset.press(KeyWindow(5.0, "", keys, wanted))
                if pressed.ended is Ended.HANG_UP:
                    raise HungUpError
                if pressed.ended is Ended.SILENCE:
                    break
                keys += pressed.key
            self.pressed.append(keys)
            if keys == "*" or keys in allowed:
                return keys
        return None

    def record(self) -> None:
        spoken = self.handset.speak(SpeakWindow(120.0, 4.0, "#"))
        self.recordings.append(spoken)
        if spoken.ended is Ended.HANG_UP:
            raise HungUpError

    def run(self) -> None:
        opening, csat, nps, offer, review, contact = SURVEYS[self.language]
        self.say(opening, interruptible=False)
        self.notes["csat"] = self.ask(csat, set("12345"), wanted=1)
        if self.notes["csat"] == "*":
            self.notes["objected"] = self.ask("1: ..., 2: ..., 3: ...", set("12"), wanted=1)
            return
        self.notes["nps"] = self.ask(nps, {str(n) for n in range(11)}, wanted=2)
        if self.ask(offer, set("12"), wanted=1) == "1":
            kept = "3"
            while kept in ("2", "3"):
                if kept == "3":
                    self.record()
                kept = self.ask(review, set("123"), wanted=1) or "1"
        self.notes["contact"] = self.ask(contact, set("12"), wanted=1)


def interviewed(town: Population, who: Person) -> Interview:
    handset = town.handset(who.number)
    assert handset is not None
    interview = Interview(handset, who.locale)
    try:
        interview.run()
    except HungUpError:
        interview.notes["hung_up"] = "yes"
    handset.call_ended(Ending.COMPLETED)
    return interview


TOWN = Population(2000, seed=1)
PEOPLE = [person(index, seed=1) for index in range(2000)]


def with_habit(*habits: Habit) -> list[Person]:
    return [who for who in PEOPLE if who.habit in habits]


@pytest.mark.parametrize("locale", SURVEYS)
def test_whoever_answers_gives_every_answer_in_every_language(locale: str) -> None:
    people = [who for who in with_habit(Habit.ANSWERS, Habit.IMPATIENT) if who.locale == locale]

    for who in people:
        notes = interviewed(TOWN, who).notes
        assert None not in notes.values(), (who, notes)
    assert len(people) > 20


def test_the_scores_follow_the_temperament() -> None:
    for who in with_habit(Habit.ANSWERS):
        notes = interviewed(TOWN, who).notes
        csat, nps = int(notes["csat"] or 0), int(notes["nps"] or 0)
        if who.temperament is Temperament.POSITIVE:
            assert csat >= 4
            assert nps >= 8
        if who.temperament is Temperament.NEGATIVE:
            assert csat <= 3
            assert nps <= 4


def test_what_is_said_is_the_voice_of_the_person_whole_and_in_their_mood() -> None:
    spoke = 0
    for who in with_habit(Habit.ANSWERS):
        for recording in interviewed(TOWN, who).recordings:
            spoke += 1
            assert who.voice.pcm() in recording.pcm
            assert recording.spoke
            assert recording.ended in (Ended.KEY, Ended.SILENCE)
    assert spoke > 100


def test_both_a_yes_and_a_no_to_being_contacted_are_common() -> None:
    answers = [interviewed(TOWN, who).notes["contact"] for who in with_habit(Habit.ANSWERS)]

    assert answers.count("1") > len(answers) / 4
    assert answers.count("2") > len(answers) / 4


def test_some_hang_up_in_the_middle_and_some_of_them_while_speaking() -> None:
    interviews = [interviewed(TOWN, who) for who in with_habit(Habit.HANGS_UP)]

    assert all(interview.notes["hung_up"] == "yes" for interview in interviews)
    halves = [i.recordings[-1] for i in interviews if i.recordings]
    assert 0 < len(halves) < len(interviews)
    assert all(half.ended is Ended.HANG_UP and half.seconds > 1 for half in halves)


def test_a_wrong_key_comes_first_and_the_right_one_after_it() -> None:
    for who in with_habit(Habit.WRONG_KEYS):
        interview = interviewed(TOWN, who)
        assert interview.pressed[0] not in set("12345")
        assert interview.notes["csat"] in set("12345")


def test_whoever_objects_presses_star_and_then_says_how_far() -> None:
    objected = [interviewed(TOWN, who).notes["objected"] for who in with_habit(Habit.OBJECTS)]

    assert set(objected) == {"1", "2"}


def test_the_silent_press_nothing_and_are_not_heard() -> None:
    for who in with_habit(Habit.SILENT):
        interview = interviewed(TOWN, who)
        assert set(interview.pressed) == {""}
        handset = TOWN.handset(who.number)
        assert handset is not None
        assert not handset.speak(SpeakWindow(120.0, 4.0, "#")).spoke


def test_some_record_twice() -> None:
    takes = [len(interviewed(TOWN, who).recordings) for who in with_habit(Habit.RECORDS_AGAIN)]

    assert set(takes) <= {0, 2}
    assert takes.count(2) > len(takes) / 2


def test_a_recording_never_outlasts_the_limit() -> None:
    (who, *_) = with_habit(Habit.ANSWERS)
    handset = TOWN.handset(who.number)
    assert handset is not None

    spoken = handset.speak(SpeakWindow(2.0, 4.0, "#"))

    assert spoken.ended is Ended.LIMIT
    assert spoken.seconds == 2.0


@pytest.mark.parametrize(
    ("habit", "answer"),
    [
        (Habit.BUSY, Answer.BUSY),
        (Habit.AWAY, Answer.NO_ANSWER),
        (Habit.UNREACHABLE, Answer.UNREACHABLE),
        (Habit.MACHINE, Answer.MACHINE),
        (Habit.ANSWERS, Answer.HUMAN),
    ],
)
def test_the_ringing_ends_as_the_habit_says(habit: Habit, answer: Answer) -> None:
    for who in with_habit(habit):
        handset = TOWN.handset(who.number)
        assert handset is not None
        pickup = handset.ring(LINE)
        assert pickup.answer is answer
        assert pickup.after_seconds <= LINE.ring_seconds


def test_a_town_in_a_hurry_hears_faster_but_speaks_at_its_own_speed() -> None:
    (who, *_) = with_habit(Habit.ANSWERS)
    hurried = Population(2000, seed=1, pace=6.0).handset(who.number)
    assert hurried is not None

    heard = hurried.hear(Utterance(Sound.SAY, 12.0, "Hej"))
    spoken = hurried.speak(SpeakWindow(120.0, 4.0, ""))

    assert heard.seconds == 2.0
    assert spoken.seconds > who.voice.seconds


def test_the_same_seed_makes_the_same_people_who_do_the_same_again() -> None:
    again = Population(2000, seed=1)

    for who in PEOPLE[:200]:
        assert again.person(who.number) == who
        assert interviewed(again, who).pressed == interviewed(TOWN, who).pressed
    assert [person(index, seed=2) for index in range(200)] != PEOPLE[:200]


def test_a_number_outside_the_town_is_not_answered_by_it() -> None:
    small = Population(10, seed=1)

    assert small.handset(PEOPLE[9].number) is not None
    assert small.handset(PEOPLE[10].number) is None
    assert small.handset("+46701740605") is None


def test_half_a_million_people_weigh_nothing() -> None:
    TOWN.handset(PEOPLE[0].number)
    tracemalloc.start()
    big = Population(500_000, seed=3)
    for index in range(0, 500_000, 5000):
        assert big.person(person(index, seed=3).number) is not None
    weight, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert weight < 100_000


def test_every_kind_of_person_lives_in_the_demo_town() -> None:
    habits = {who.habit for who in PEOPLE[:40]}

    assert {Habit.ANSWERS, Habit.BUSY, Habit.AWAY, Habit.MACHINE, Habit.HANGS_UP} <= habits
    assert {who.locale for who in PEOPLE[:40]} == {"sv", "nb", "da", "fi", "en"}


def test_a_text_message_is_answered_if_it_asks_for_a_score() -> None:
    asked = "Hur nöjd är du med oss, från 1 till 5? Svara med en siffra."

    replies = {who.habit: TOWN.reply(who.number, asked) for who in PEOPLE if who.locale == "sv"}

    assert replies[Habit.ANSWERS] in set("12345")
    assert replies[Habit.OBJECTS] == "STOPP"
    assert replies[Habit.AWAY] is None
    answering = with_habit(Habit.ANSWERS)[0]
    assert TOWN.reply(answering.number, "Tack! Läs mer på http://x.example/s/1") is None
    assert TOWN.reply("+46701740605", asked) is None


@pytest.mark.parametrize("count", [-1, 600_001])
def test_an_impossible_population_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="0 to 600000"):
        Population(count, seed=1)
