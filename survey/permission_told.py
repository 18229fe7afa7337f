"""A permission decision as a sentence for the person it was about, in their language.

The most frequent ones are here, in Swedish, Norwegian, Danish and Finnish. Any other is the English
sentence that staff read, and is said to be English.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from config.campaign_rules import CallsAllowedBy
from storage.states import ContactPurpose, FollowUp
from storage.tables import PermissionDecision
from survey.permission_terms import Decision, Method, PermissionFacts, Rule
from survey.permission_words import in_words, replayed

Told = tuple[str, str]
"""A sentence and the language it is in."""
_ENGLISH: Final = "en"
_LANGUAGES: Final = ("sv", "nb", "da", "fi")
_CLOCK: Final = dict(zip(_LANGUAGES, ("kl.", "kl.", "kl.", "klo"), strict=True))
_Row = tuple[str, str, str, str]
SENTENCES: Final[Mapping[str, _Row]] = {
    "allowed:calls": ("Det var tillåtet att ringa dig", "Det var tillatt å ringe deg",
                      "Det var tilladt at ringe til dig", "Sinulle sai soittaa"),
    "allowed:sms": ("Det var tillåtet att skicka sms till dig",
                    "Det var tillatt å sende deg tekstmelding",
                    "Det var tilladt at sende dig en sms",
                    "Sinulle sai lähettää tekstiviestin"),
    "allowed:staff": ("Våra medarbetare får kontakta dig", "Våre medarbeidere kan kontakte deg",
                      "Vores medarbejdere må kontakte dig",
                      "Työntekijämme saavat ottaa sinuun yhteyttä"),
    "refused:calls": ("Du ringdes inte upp", "Du ble ikke ringt opp", "Du blev ikke ringet op",
                      "Sinulle ei soitettu"),
    "refused:sms": ("Inget sms skickades till dig", "Du fikk ingen tekstmelding",
                    "Du fik ingen sms", "Sinulle ei lähetetty tekstiviestiä"),
    "refused:staff": ("Våra medarbetare får inte kontakta dig",
                      "Våre medarbeidere kan ikke kontakte deg",
                      "Vores medarbejdere må ikke kontakte dig",
                      "Työntekijämme eivät saa ottaa sinuun yhteyttä"),
    "again": (" Det prövas igen den {0}.", " Det vurderes igjen {0}.", " Det prøves igen den {0}.",
              " Asia tarkistetaan uudelleen {0}."),
    "called_us": ("du ringde oss", "du ringte oss", "du ringede til os", "soitit meille"),
    "said_yes": ("du har sagt ja till det", "du har sagt ja til det", "du har sagt ja til det",
                 "olet suostunut siihen"),
    "said_no": ("du har sagt nej till det", "du har sagt nei til det", "du har sagt nej til det",
                "olet kieltänyt sen"),
    "no_marketing": ("det är ingen marknadsföring", "det er ikke markedsføring",
                     "det er ikke markedsføring", "se ei ole markkinointia"),
    "decided": ("det har bestämts att undersökningen inte är marknadsföring{0}",
                "det er bestemt at undersøkelsen ikke er markedsføring{0}",
                "det er besluttet, at undersøgelsen ikke er markedsføring{0}",
                "on päätetty, ettei kysely ole markkinointia{0}"),
    "no:calls": ("du har sagt nej till samtal", "du har sagt nei til samtaler",
                 "du har sagt nej til opkald", "olet kieltänyt puhelut"),
    "no:sms": ("du har sagt nej till sms", "du har sagt nei til tekstmeldinger",
               "du har sagt nej til sms", "olet kieltänyt tekstiviestit"),
    "no:all": ("du har sagt nej till all kontakt", "du har sagt nei til all kontakt",
               "du har sagt nej til al kontakt", "olet kieltänyt kaikki yhteydenotot"),
    "over": ("ärendet är avslutat", "saken er avsluttet", "sagen er afsluttet",
             "asia on päättynyt"),
    "expired": ("det har varit för gammalt att fråga om sedan den {0}",
                "det har vært for gammelt å spørre om siden {0}",
                "det har været for gammelt at spørge om siden den {0}",
                "asia on ollut liian vanha kysyttäväksi {0} alkaen"),
    "not_due": ("det skulle ske tidigast den {0}", "det skulle skje tidligst {0}",
                "det skulle ske tidligst den {0}", "se oli tarkoitus tehdä aikaisintaan {0}"),
    "too_soon": ("det var för tidigt efter det förra försöket",
                 "det var for tidlig etter forrige forsøk",
                 "det var for tidligt efter det forrige forsøg",
                 "edellisestä yrityksestä oli liian vähän aikaa"),
    "on_the_line": ("du talade just då med oss om något annat",
                    "du snakket akkurat da med oss om noe annet",
                    "du talte netop da med os om noget andet",
                    "puhuit juuri silloin kanssamme toisesta asiasta"),
    "public_holiday": ("det var helgdag", "det var helligdag", "det var helligdag",
                       "oli pyhäpäivä"),
    "restricted": ("dina uppgifter får inte användas förrän någon har hävt begränsningen",
                   "opplysningene dine kan ikke brukes før noen har opphevet begrensningen",
                   "dine oplysninger må ikke bruges, før nogen har ophævet begrænsningen",
                   "tietojasi ei saa käyttää, ennen kuin joku on poistanut rajoituksen"),
    "throttled": ("du tillfrågades senast den {0} om något annat och tillfrågas igen tidigast "
                  "den {1}",
                  "du ble sist spurt {0} om noe annet og blir tidligst spurt igjen {1}",
                  "du blev sidst spurgt den {0} om noget andet og bliver tidligst spurgt igen "
                  "den {1}",
                  "sinulta kysyttiin viimeksi {0} toisesta asiasta, ja uudelleen kysytään "
                  "aikaisintaan {1}"),
    "not_sampled": ("ärendet hör inte till den andel som det frågas om",
                    "saken hører ikke til den andelen det spørres om",
                    "sagen hører ikke til den andel, der spørges om",
                    "asia ei kuulu siihen osuuteen, josta kysytään"),
    "quota_full": ("tillräckligt många i gruppen har svarat", "nok i gruppen har svart",
                   "nok i gruppen har svaret", "ryhmästä on vastannut riittävän moni"),
    "not_running": ("undersökningen är inte igång", "undersøkelsen er ikke i gang",
                    "undersøgelsen er ikke i gang", "kysely ei ole käynnissä"),
}  # fmt: skip
"""The parts of the sentences: a column for each language, with the same places to fill."""
_PLAIN: Final[Mapping[Rule, str]] = {
    Rule.INVITATION_OVER: "over",
    Rule.ON_THE_LINE: "on_the_line",
    Rule.PUBLIC_HOLIDAY: "public_holiday",
    Rule.RESTRICTED: "restricted",
    Rule.NOT_SAMPLED: "not_sampled",
    Rule.QUOTA_FULL: "quota_full",
    Rule.CAMPAIGN_NOT_RUNNING: "not_running",
    Rule.FOLLOW_UP_DECLINED: "said_no",
}


def in_language(language: str | None) -> Callable[[PermissionDecision], Told]:
    """What tells each decision to somebody who reads that language."""

    def tell(row: PermissionDecision) -> Told:
        decision = replayed(row) if language in _LANGUAGES else None
        if decision is not None and language is not None:
            said = _Speaker(language, decision.facts.zone).sentence(decision, row.decided_at)
            if said is not None:
                return said, language
        return in_words(row), _ENGLISH

    return tell


class _Speaker:
    """Puts a decision together in one language, on the organisation's clock."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self._language, self._zone = language, zone

    def sentence(self, decision: Decision, at: datetime) -> str | None:
        """The whole sentence; None where there are no words for it."""
        facts = decision.facts
        staff = facts.purpose is ContactPurpose.FOLLOW_UP
        head = f"{'allowed' if decision.allowed else 'refused'}:"
        head += "staff" if staff else facts.method.value
        reason = self._ground(facts) if decision.allowed else self._reason(decision, at)
        if reason is None or head not in SENTENCES:
            return None
        again = ""
        if decision.next_allowed_at is not None:
            again = self._say("again", self._moment(decision.next_allowed_at))
        return f"{self._say(head)}: {reason}.{again}"

    def _ground(self, facts: PermissionFacts) -> str | None:
        if facts.called_in:
            return self._say("called_us")
        if facts.purpose is ContactPurpose.FOLLOW_UP:
            yes = facts.follow_up is None or facts.follow_up.said is FollowUp.YES
            return self._say("said_yes") if yes else None
        if facts.purpose is ContactPurpose.SERVICE:
            return None
        if facts.method is not Method.CALLS:
            return self._say("said_yes" if facts.marketing else "no_marketing")
        if facts.calls_allowed_by is CallsAllowedBy.CONSENT:
            return self._say("said_yes")
        if facts.calls_allowed_by is CallsAllowedBy.HANDED_OVER:
            return None
        signed = [facts.signed_by] if facts.signed_on is not None and facts.signed_by else []
        signed += [self._day(facts.signed_on)] if facts.signed_on is not None else []
        return self._say("decided", f" ({', '.join(signed)})" if signed else "")

    def _reason(self, decision: Decision, at: datetime) -> str | None:
        facts, rule = decision.facts, decision.rule
        if rule in _PLAIN:
            return self._say(_PLAIN[rule])
        if rule is Rule.OBJECTION and facts.method is not Method.EMAIL:
            whole = Method.ALL in facts.objected_to
            return self._say(f"no:{(Method.ALL if whole else facts.method).value}")
        if rule is Rule.INVITATION_EXPIRED:
            return self._say("expired", self._moment(facts.expires_at))
        if rule is Rule.NOT_YET_DUE:
            due = facts.due_at > at
            return (
                self._say("not_due", self._moment(facts.due_at)) if due else self._say("too_soon")
            )
        if rule is Rule.THROTTLED and facts.throttle is not None:
            asked = facts.throttle.asked_at
            free = facts.throttle.period.after(asked, facts.zone)
            days = [self._day(one.astimezone(self._zone).date()) for one in (asked, free)]
            return self._say("throttled", *days)
        return None

    def _say(self, name: str, *values: str) -> str:
        return SENTENCES[name][_LANGUAGES.index(self._language)].format(*values)

    def _day(self, which: date) -> str:
        return str(format_date(which, "long", locale=self._language))

    def _moment(self, when: datetime) -> str:
        local = when.astimezone(self._zone)
        return f"{self._day(local.date())} {_CLOCK[self._language]} {local:%H.%M}"
