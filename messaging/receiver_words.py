"""The words about who gets data, on the public page for requests, in the five languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.receiver_rules import ReceiverRole

R = ReceiverRole


@dataclass(frozen=True, slots=True)
class ReceiverWords:
    """What the page says of receivers, and of what nobody does with the data."""

    title: str
    roles: Mapping[str, str]
    # With the work, the data and the day.
    line: str
    outside: str
    changed: str
    profiling: str


RECEIVERS: Final[Mapping[str, ReceiverWords]] = {
    "sv": ReceiverWords(
        title="Vilka som får del av uppgifter",
        roles={
            R.PROCESSOR: "personuppgiftsbiträde",
            R.SUB_PROCESSOR: "underbiträde",
            R.CONTROLLER: "personuppgiftsansvarig",
        },
        line="{work}. Får {gets}, sedan {since}.",
        outside="Grund för överföringen: {transfer}.",
        changed="Listan ändrades senast {day}.",
        profiling="Ingen profil görs av någon, och ingenting beslutas om någon av en maskin ensam.",
    ),
    "nb": ReceiverWords(
        title="Hvem som får del i opplysninger",
        roles={
            R.PROCESSOR: "databehandler",
            R.SUB_PROCESSOR: "underdatabehandler",
            R.CONTROLLER: "behandlingsansvarlig",
        },
        line="{work}. Får {gets}, siden {since}.",
        outside="Grunnlag for overføringen: {transfer}.",
        changed="Listen ble sist endret {day}.",
        profiling="Ingen profil lages av noen, og ingenting avgjøres om noen av en maskin alene.",
    ),
    "da": ReceiverWords(
        title="Hvem der får del i oplysninger",
        roles={
            R.PROCESSOR: "databehandler",
            R.SUB_PROCESSOR: "underdatabehandler",
            R.CONTROLLER: "dataansvarlig",
        },
        line="{work}. Får {gets}, siden {since}.",
        outside="Grundlag for overførslen: {transfer}.",
        changed="Listen blev sidst ændret {day}.",
        profiling="Der laves ingen profil af nogen, og intet afgøres om nogen af en maskine alene.",
    ),
    "fi": ReceiverWords(
        title="Ketkä saavat tietoja",
        roles={
            R.PROCESSOR: "henkilötietojen käsittelijä",
            R.SUB_PROCESSOR: "henkilötietojen alikäsittelijä",
            R.CONTROLLER: "rekisterinpitäjä",
        },
        line="{work}. Saa: {gets}, {since} alkaen.",
        outside="Siirron peruste: {transfer}.",
        changed="Luetteloa on viimeksi muutettu {day}.",
        profiling="Kenestäkään ei tehdä profiilia, eikä kone yksin päätä kenestäkään mitään.",
    ),
    "en": ReceiverWords(
        title="Who gets data",
        roles={
            R.PROCESSOR: "processor",
            R.SUB_PROCESSOR: "sub-processor",
            R.CONTROLLER: "controller",
        },
        line="{work}. Gets {gets}, since {since}.",
        outside="What allows the transfer: {transfer}.",
        changed="The list was last changed on {day}.",
        profiling="No profile is made of anybody, and no machine alone decides about anybody.",
    ),
}
