"""The figures as Markdown: one table or two per part."""

from collections.abc import Mapping, Sequence

from privacy.purge import BATCH
from tests.load.bench_import import ImportFigures, ImportMemory
from tests.load.bench_week import AIM_SECONDS, LINE, WeekFigures
from tests.load.claim_memory import ClaimMemory
from tests.load.contention import ContentionFigures
from tests.load.erasure import ErasureFigures
from tests.load.figures import FigureFigures
from tests.load.memory import MemoryFigures
from tests.load.permissions import PermissionFigures
from tests.load.placed import PlacedFigures
from tests.load.preview_memory import PreviewMemory
from tests.load.purging import PurgeFigures
from tests.load.turns import CONNECTIONS, TurnFigures


def turns_part(figures: Sequence[TurnFigures]) -> str:
    """Turns against the bare view: by the clock, and by the processor."""
    speed = _section(
        "Turns of calls against a bare view",
        "A turn is a signed `POST /voice/turn/…/keys` that stores an answer and says what comes "
        "next. The bare view is a Flask view that reads the same form and commits one row, on the "
        "same server (gunicorn, 2 processes of 4 threads), the same database, under the same write "
        f"lock, driven over {CONNECTIONS} kept-alive connections from the same machine. "
        f"{figures[0].rounds} rounds, in each of which both are driven, one after the other. "
        "SQLite with `synchronous=FULL`. Aim: a ratio of 0.6.",
        "| Database | bare view /s | turns /s | ratio | turn p50 | turn p99 |",
        [
            f"| {one.kind} | {one.bare_per_second:,.0f} | {one.turns_per_second:,.0f} "
            f"| **{one.ratio:.2f}** | {_ms(one.turn_p50)} | {_ms(one.turn_p99)} |"
            for one in figures
        ],
    )
    processor = _section(
        "Processor time of a turn",
        "Of the same rounds, in milliseconds of a request: what the web server's processes spent, "
        "and those of the database where it has any. What drives the load is not counted.",
        "| Database | bare view: web | database | turn: web | database | ratio of processor time |",
        [
            f"| {one.kind} | {_fine(one.bare_cpu.server)} | {_fine(one.bare_cpu.database)} "
            f"| {_fine(one.turn_cpu.server)} | {_fine(one.turn_cpu.database)} "
            f"| **{one.cpu_ratio:.2f}** |"
            for one in figures
        ],
    )
    return f"{speed}\n{processor}"


def speech_part(figures: Mapping[str, float]) -> str:
    """Transcription against bare Vosk."""
    rows = [
        f"| {name} | {figures['bare_speed']:.1f} | {figures[speed]:.1f} "
        f"| **{figures[ratio]:.2f}** | {figures[cpu]:.2f} |"
        for name, speed, ratio, cpu in (
            ("hearing: check, decode, resample, recognise", "hear_speed", "hear_ratio",
             "hear_cpu_ratio"),
            ("the transcriber as it runs", "our_speed", "ratio", "cpu_ratio"),
        )
    ]  # fmt: skip
    return _section(
        "Speech to text against bare Vosk",
        f"{figures['sound_seconds']:.0f} s of sound in comments of a minute, on "
        f"{figures['processes']:.0f} processes, with the small packaged models, against Vosk's own "
        "example program on the same files. The transcriber as it runs is all from the bell to "
        "the sealed words (a process forked for each recording, rows, keys, opening, hearing, "
        "sealing; SQLite): about 60 ms for each recording, however long. Larger models take "
        "longer for a minute, so that it counts for less there. Speed is seconds of "
        "sound per second. Aim: a ratio of 0.95.",
        "| What | bare Vosk | ours | ratio | ratio of processor time |",
        rows,
    )


def contention_part(figures: ContentionFigures) -> str:
    """A turn beside transcribers."""
    rows = [
        f"| quiet | {_ms(figures.quiet_p50)} | {_ms(figures.quiet_p99)} |",
        f"| {figures.transcribers} transcribers at full speed | {_ms(figures.busy_p50)} "
        f"| **{_ms(figures.busy_p99)}** |",
    ]
    return _section(
        "A caller's wait while speech keeps every core busy",
        f"{figures.turns:,} turns over {CONNECTIONS} connections, each pressing a key every half "
        "second, on SQLite. Aim: a p99 below 1,000 ms; a provider waits 5 to 15 s.",
        "| Cores | turn p50 | turn p99 |",
        rows,
    )


def memory_part(figures: Sequence[MemoryFigures], *, calls: int) -> str:
    """Memory over many calls."""
    rows = [
        f"| {one.process} | {one.warm:.1f} | {one.after:.1f} | {one.slope:+.2f} "
        f"| **{one.late:+.2f}** |"
        for one in figures
    ]
    return _section(
        f"Memory over {calls:,} calls",
        "Resident memory in MB after the first fifth of the calls and after all of them, and MB "
        "gained per 1,000 calls between the two (least squares over 21 looks). The calls are "
        "dialled by the dialler, played by the simulated network, answered by the web and deleted "
        "at the provider by the worker. The workers share what they loaded before they forked. "
        "What is gained at first is the pages that SQLite keeps of a database that grows under it: "
        "at most 2 MB for each connection, and a process has one for each of its threads. So the "
        "second half of the calls is shown by itself.",
        "| Process | warm | after | per 1,000 calls | in the second half |",
        rows,
    )


def import_part(figures: Sequence[ImportFigures], held: Sequence[ImportMemory]) -> str:
    """An import against the database's bulk load, and what it holds in memory."""
    speed = _section(
        "Importing closed cases against the database's own bulk load",
        "One line of the file becomes a customer and an interaction, each sealed under a key of "
        "its own, and an invitation, after look-ups by keyed hash, in batches of 250 lines with a "
        "commit each. "
        "The bare side loads the very rows that came of it, in one go: `executemany` on SQLite, "
        "`COPY` on PostgreSQL.",
        "| Database | bulk load, lines/s | import, lines/s | ratio |",
        [
            f"| {one.kind} | {one.bare_per_second:,.0f} | {one.import_per_second:,.0f} "
            f"| **{one.ratio:.2f}** |"
            for one in figures
        ],
    )
    memory = _section(
        "Memory of an import",
        "The most a process held that imported files of these sizes, on SQLite. Aim: flat.",
        "| Lines | MB | lines/s |",
        [f"| {one.rows:,} | {one.megabytes:.0f} | {one.per_second:,.0f} |" for one in held],
    )
    return f"{speed}\n{memory}"


def permissions_part(figures: Sequence[PermissionFigures]) -> str:
    """Decisions alone, and the whole way from an invitation to a stored decision."""
    return _section(
        "Permission decisions",
        "Alone: the pure rules over facts that are there already, once allowed, once refused with "
        "the next moment reckoned. Stored: numbers opened, people locked, facts gathered, decided "
        "and written, sixteen in a transaction as the dialler does; the bare side only writes such "
        "rows. One process, one core.",
        "| Database | allowed, /s | refused, /s | bare rows /s | stored /s | ratio | a record |",
        [
            f"| {one.kind} | {one.pure_allowed:,.0f} | {one.pure_refused:,.0f} | {one.bare:,.0f} "
            f"| {one.stored:,.0f} | **{one.ratio:.2f}** | {one.record_bytes:.0f} bytes |"
            for one in figures
        ],
    )


def erasure_part(figures: Sequence[ErasureFigures]) -> str:
    """One person's erasure."""
    return _section(
        "Erasing one person",
        "From the decision to the receipts: a person with this many answers, comments, recordings "
        "with their files, and transcripts, and the calls, decisions and cases they hang on. Keys "
        "and files are destroyed, rows deleted, what lies at the provider let go. One process. "
        "Aim: a thousand items in less than 5 seconds.",
        "| Database | items | seconds | of these the processor |",
        [
            f"| {one.kind} | {one.items:,} | **{one.seconds:.2f}** | {one.processor:.2f} |"
            for one in figures
        ],
    )


def preview_part(held: Sequence[PreviewMemory]) -> str:
    """What a preview holds of few people and of many."""
    return _section(
        "Memory of a preview",
        "The most a process held that judged so many open invitations, each by its own facts, on "
        "SQLite; all but a thousand are of people without a number. Aim: flat.",
        "| People waiting | MB | people/s |",
        [f"| {one.people:,} | {one.megabytes:.0f} | {one.per_second:,.0f} |" for one in held],
    )


def figures_part(figures: Sequence[FigureFigures]) -> str:
    """Counting, and reports over few and many."""
    return _section(
        "Statistics",
        "Scores of a year counted into the statistics by one process, and all five reports (by "
        "month, team, reason, channel, language) over them and over a thousand times as many in "
        "the same situations. A report reads cells; of the many the cells hold the counts, and "
        "the rows of their answers are not made. Aim: both take the same time.",
        "| Database | counted, scores/s | cells | reports over few | over many | ratio |",
        [
            f"| {one.kind} | {one.counted_per_second:,.0f} | {one.cells:,} "
            f"| {_ms(one.seconds_of_few)} ({one.few:,}) | {_ms(one.seconds_of_many)} "
            f"({one.many:,}) | **{one.ratio:.2f}** |"
            for one in figures
        ],
    )


def dialling_part(figures: Sequence[PlacedFigures], held: Sequence[ClaimMemory]) -> str:
    """Placing against the client alone, and what a claim holds."""
    speed = _section(
        "Calls placed against the provider's client alone",
        "One dialler process with sixteen hands: claimed, decided, committed, asked for, noted. "
        "The bare side asks for as many calls from as many threads and writes nothing. The same "
        "simulated network on the same machine takes both, and lets every call stand still.",
        "| Database | client alone, calls/s | dialler, calls/s | ratio |",
        [
            f"| {one.kind} | {one.bare_per_second:,.0f} | {one.placed_per_second:,.0f} "
            f"| **{one.ratio:.2f}** |"
            for one in figures
        ],
    )
    memory = _section(
        "Memory of a claim",
        "The most a process held that claimed again and again beside so many cases that are due, "
        "on SQLite, and how long one claim took. Aim: flat.",
        "| Cases waiting | MB | a claim |",
        [f"| {one.rows:,} | {one.megabytes:.0f} | {_ms(one.seconds)} |" for one in held],
    )
    return f"{speed}\n{memory}"


def week_part(week: WeekFigures) -> str:
    """A campaign's week, and what it took."""
    lived = _section(
        "A campaign's week in fast motion",
        "Import, decisions, claims, placing, callbacks, key presses and retries by the product's "
        "own code in one process on SQLite, each in a transaction of its own, under a clock that "
        f"jumps. Of a hundred cases that come in the campaign asks about {week.share}, on a line "
        f"that begins {LINE.per_second} calls a second. A stored decision is made about every "
        "case, and settles those outside the share. Afterwards what the people remember is held "
        "against the rows: funnel, hours, each decision made again (`tests/load/week_checks.py`).",
        "| People | cases | decisions | left out | people called | calls | completed |",
        [
            f"| {week.people:,} | {week.cases:,} | {week.decisions:,} | {week.left_out:,} "
            f"| {week.called:,} | {week.calls:,} | {week.completed:,} |"
        ],
    )
    took = _section(
        "What the week took",
        f"Aim: {AIM_SECONDS} s by the clock for 50,000 people, without the check: "
        f"**{'met' if week.is_met else 'not met'}** for {week.people:,}.",
        "| People | by the clock | processor: import | the rest | for a call | check |",
        [
            f"| {week.people:,} | **{week.clock_seconds:.0f} s** | {week.import_seconds:.1f} s | "
            f"{week.dial_seconds:.0f} s | {_fine(week.each)} | {week.check_seconds:.0f} s |"
        ],
    )
    return f"{lived}\n{took}"


def purge_part(figures: Sequence[PurgeFigures]) -> str:
    """The purge against bare deletes, and what it holds."""
    speed = _section(
        "The purge against bare batched deletes of the same rows",
        "Of answers: the answers that are due, two for each person, with response, invitation, "
        "contact and customer, whose case and number are sealed. Of comments: typed ones, sealed, "
        "without sound. Both sides run in one process on databases loaded alike, with the "
        f"same settings, indexes and batches of {BATCH:,}. The bare side deletes the rows by their "
        "ids, children first, a commit for each batch, and destroys the same keys. The purge also "
        "looks for what is due and whether something keeps it, hides it, writes an intent before a "
        "key is destroyed, keeps the figures and signs a receipt; of a comment it empties the row "
        "and leaves it until its answers go, where the bare side deletes it. Processor seconds are "
        "those of the process and of the database's own. Aim: 0.5 for answers.",
        "| Database | of | items | bare | purge | ratio | processor: bare | purge | ratio |",
        [
            f"| {one.kind} | {one.what} | {one.items:,} "
            f"| {one.bare_seconds:,.1f} s | {one.our_seconds:,.1f} s | **{one.ratio:.2f}** "
            f"| {one.bare_processor:,.1f} s | {one.our_processor:,.1f} s "
            f"| **{one.processor_ratio:.2f}** |"
            for one in figures
        ],
    )
    memory = _section(
        "Memory of the purge",
        "What the process of these purges held when a fifth of the rows was gone, and at the end. "
        "Aim: flat.",
        "| Database | of | items | MB after a fifth | at the end |",
        [
            f"| {one.kind} | {one.what} | {one.items:,} | {one.megabytes_at_a_fifth:,.1f} "
            f"| {one.megabytes_at_the_end:,.1f} |"
            for one in figures
        ],
    )
    return f"{speed}\n{memory}"


def _section(title: str, text: str, head: str, rows: Sequence[str]) -> str:
    line = "|" + "---|" * (head.count("|") - 1)
    return "\n".join([f"## {title}\n", f"{text}\n", head, line, *rows, ""])


def _ms(seconds: float) -> str:
    return f"{seconds * 1_000:,.0f} ms"


def _fine(seconds: float) -> str:
    return f"{seconds * 1_000:.2f} ms"
