"""Alarms in words: what is so, and what whoever reads it can do."""

from collections.abc import Mapping
from typing import Final

from privacy import (
    clock_brake,
    holds,
    lateness,
    purge,
    rehearsal_folder,
    request_steps,
    requests,
    unproven_requests,
)
from privacy.purge_steps import NO_RULE
from storage import export_words, restored, there_again
from storage.moments_ahead import WENT_BACK
from survey import answer_rates
from voicemail import other_accounts

_WORDS: Final[Mapping[str, str]] = {
    lateness.LATE: (
        "No run of the deletions came to its end for half an hour. Are the schedule and a worker "
        "running?"
    ),
    lateness.OVERDUE: (
        "Something is still there more than a day after its time, and nothing keeps it back. "
        "'flask retention status' says what."
    ),
    lateness.BACKUP_OVERDUE: (
        "A backup of the keyring is older than it may be: keys destroyed since can be brought back "
        "from it. Remove it from KEYRING_BACKUPS_DIR."
    ),
    WENT_BACK: (
        "The machine's clock ran ahead and was set back. What was to run again only at that time "
        "runs now; what was written meanwhile, deletions included, bears moments to come."
    ),
    clock_brake.LEAPT: (
        "No deletions began for more than three days, so the machine's clock may have leapt ahead, "
        "and nothing goes by age. If it is wrong, set it right. If the deletions only stood still "
        "so long, whoever runs the machine says so here, or with 'flask retention run "
        "--clock-is-right', and they go on."
    ),
    NO_RULE: (
        "The retention rules of an organisation cannot be read, so nothing of it goes by age. "
        "'flask organisations apply' says what is wrong with its file."
    ),
    purge.STORE_AWAY: (
        "Some of what is due could not be deleted, because the store of recordings did not answer. "
        "The next run tries again."
    ),
    purge.LOG_BUSY: "Deleted rows still lie in the database's log, because somebody keeps reading.",
    holds.REVIEW_DUE: (
        "The day on which a hold is to be looked at again is here. Release it, or set it anew: "
        "'flask holds list'."
    ),
    unproven_requests.UNPROVEN: (
        "Requests about data came in by the public page, and it is not proven who asks. The page "
        "Requests lists them; each has an alarm of its own once it is proven. This one ends when "
        "all are proven or decided."
    ),
    requests.REQUESTED: (
        "Somebody asked something about their data, and must have an answer within a month. A "
        "privacy officer opens it on the page Requests and sees who asks; 'flask rights show REF' "
        "says how far it is."
    ),
    request_steps.DUE_SOON: (
        "A request about somebody's data must be answered within a week. A privacy officer decides "
        "it on the page Requests, or takes two months more with a reason."
    ),
    request_steps.OVERDUE: (
        "A request about somebody's data should have been answered by now. A privacy officer "
        "decides it on the page Requests at once, and tells the person."
    ),
    request_steps.LONGER_NOT_TOLD: (
        "More time was taken for a request, and nobody could be mailed that it takes longer. Tell "
        "the person within a month of their asking; then say so on its page, or 'flask rights "
        "told REF --longer'."
    ),
    other_accounts.ALARM: (
        "Something of ours lies in an account that is not the configured one any more, and is not "
        "deleted there. Set TWILIO_ACCOUNT_SID and its keys to that account until nothing is left."
    ),
    there_again.ALARM: (
        "The provider said that this was gone, and lists it all the same. It is asked again to "
        "delete it; if this stays, write to the provider with this name of theirs."
    ),
    export_words.ELSEWHERE: (
        "A file of people's data that was written where somebody said is past its time, or "
        "somebody who may be in it was erased. 'flask exports list' says where it lies; remove it."
    ),
    export_words.OUT_OF_SIGHT: (
        "A file of people's data that was written where somebody said is past its time, and its "
        "folder is not there: a disk that is not mounted, perhaps. Mount it and remove the file, "
        "or 'flask exports remove --gone' when it is gone everywhere."
    ),
    export_words.NOT_REMOVED: (
        "An export is past its time and could not be removed: it lies on another machine, where "
        "'flask exports tidy' removes it, or is locked."
    ),
    rehearsal_folder.NOT_REMOVED: (
        "A copy of the databases that a killed 'flask privacy rehearse' left cannot be removed. "
        "Nothing in it can be opened; remove the folder rehearsal below DATA_DIR yourself."
    ),
    restored.KEPT_UNCONFIRMED: (
        "The database was restored from a backup, so nothing goes by age before a privacy officer "
        "has looked at holds and schedule: 'flask privacy restored show', then 'confirm'."
    ),
    restored.CONTACTS_UNKNOWN: (
        "The database was restored from a backup, and whom the campaigns contacted since is not "
        "known. Import again what was imported since, then 'flask campaigns start': it asks the "
        "provider, and nobody is rung twice."
    ),
    answer_rates.ALARM: (
        "Since a day far fewer people answer this line than in the four weeks before. Networks may "
        "block its number or show it as spam: call a telephone of yours from it, and ask whoever "
        "leases it to you."
    ),
}

_WAITS_FOR_AN_ACT: Final = (
    *("rights.", "hold.", "restriction.", "policy.", "export.", "restore."),
    clock_brake.LEAPT,
)


def may_be_seen(kind: str) -> bool:
    """Whether it ends because somebody has seen it; else it waits until something is done."""
    return not kind.startswith(_WAITS_FOR_AN_ACT)


def words(kind: str) -> str:
    """What an alarm of that kind says; empty for one whose name says it."""
    return _WORDS.get(kind, "")
