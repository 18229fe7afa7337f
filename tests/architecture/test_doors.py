"""Every way to a person leads through one door; no other code knows how to go around it."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = (
    "config", "storage", "survey", "privacy", "ivr", "messaging", "voicemail", "transcription",
    "api", "console", "embedded",
)  # fmt: skip
CLIENT = "storage/provider_client.py"


@dataclass(frozen=True, slots=True)
class Named:
    """What a file names: what it calls, what it imports, and which attributes it takes."""

    calls: frozenset[str]
    imports: frozenset[str]
    attributes: frozenset[str]


@cache
def product() -> dict[str, Named]:
    """Each file of the product by its path, looked through once for all tests."""
    inside = [path for room in PRODUCT for path in (ROOT / room).rglob("*.py")]
    return {
        path.relative_to(ROOT).as_posix(): named_in(ast.parse(path.read_text()))
        for path in sorted([*inside, *ROOT.glob("*.py")])
    }


def named_in(tree: ast.Module) -> Named:
    calls, imports, attributes = set[str](), set[str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            calls.add("." + dotted(node.func))
        elif isinstance(node, ast.Import):
            imports |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            imports |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Attribute):
            attributes.add(node.attr)
    return Named(frozenset(calls), frozenset(imports), frozenset(attributes))


def dotted(node: ast.AST) -> str:
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
        if isinstance(node, ast.Call):
            node = node.func
    parts.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(parts))


def calls_to(*endings: str) -> set[str]:
    """The files in which something is called by a name that ends so."""
    return {
        path
        for path, named in product().items()
        if any(name.endswith(endings) for name in named.calls)
    }


def importers(module: str) -> set[str]:
    return {
        path
        for path, named in product().items()
        if any(name == module or name.startswith(module + ".") for name in named.imports)
    }


def test_only_the_client_asks_the_provider_to_contact_anybody() -> None:
    assert calls_to(".calls.create", ".messages.create") == {CLIENT}


def test_within_the_client_each_creating_verb_looks_at_its_permit_first() -> None:
    tree = ast.parse((ROOT / CLIENT).read_text())
    creating = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef)
        and any(
            isinstance(node, ast.Call) and dotted(node.func).endswith((".create", ".create_async"))
            for node in ast.walk(one)
        )
    ]

    looks = {"place_call": "permits.require", "send_message": "permits.require",
             "text_asked_for": "permits.require_asked",
             "call_asked_for": "permits.require_asked"}  # fmt: skip
    assert {one.name for one in creating} == set(looks)
    for verb in creating:
        first = next(one for one in verb.body if not isinstance(one, ast.Expr))
        called = [dotted(n.func) for n in ast.walk(first) if isinstance(n, ast.Call)]
        assert looks[verb.name] in called, verb.name


def test_only_a_few_files_speak_to_the_provider_at_all() -> None:
    assert {name for name in importers("twilio") if not name.startswith("storage/provider")} == {
        "messaging/replies.py",
        "storage/webhook_signature.py",
    }


def test_a_call_is_placed_in_one_place() -> None:
    assert calls_to(".place_call") == {"ivr/placing.py"}


def test_a_text_is_sent_in_one_place() -> None:
    assert calls_to(".send_message") == {"messaging/texting.py", "storage/mailing.py"}


def test_only_the_mail_door_speaks_smtp_and_only_staff_are_mailed_without_a_permit() -> None:
    assert importers("smtplib") == {"storage/mailing.py"}
    assert calls_to(".send_to_staff") == {
        "storage/mailing.py",
        "voicemail/deliveries.py",
        "privacy/head_mail.py",
    }


def test_only_what_somebody_asked_for_about_their_data_is_mailed_without_a_decision() -> None:
    assert calls_to(".send_asked_for") == {
        "messaging/answer_mail.py",
        "messaging/code_mail.py",
    }
    # A probe rings the telephone of whoever starts it, by a decision of its own.
    assert calls_to(".call_asked_for") == {"ivr/code_calls.py", "ivr/line_probing.py"}
    assert calls_to(".store_probe", ".LineProbe") == {"survey/line_probes.py"}
    assert calls_to(".text_asked_for") == {"messaging/code_text.py"}
    assert calls_to(".AskedFor") == {"storage/permits.py"}


def test_a_permit_is_made_where_the_decision_is_stored_and_nowhere_else() -> None:
    takers = {path for path, named in product().items() if "_STORED" in named.attributes}

    assert calls_to(".Permit") | takers == {"storage/permits.py"}


def test_a_decision_is_written_down_where_it_is_made_and_by_no_hand() -> None:
    assert calls_to(".Decided") == {"survey/permission.py"}
    assert calls_to("permits.store", "permits.store_all") == {"survey/permission.py"}
    assert calls_to(".PermissionDecision") == set()


def test_only_these_files_speak_http() -> None:
    """The provider's client and its media, official models, and what tries the service out."""
    libraries = ("requests", "urllib3", "http.client", "urllib.request")

    assert set().union(*(importers(name) for name in libraries)) == {
        "embedded/plan.py",
        "embedded/scripts.py",
        "embedded/setup.py",
        "storage/provider_connections.py",
        "storage/provider_faults.py",
        "storage/provider_media.py",
        "transcription/fetching.py",
    }
