"""The page about permission names every rule, in the order in which they are asked."""

import re

from config.settings import PROJECT
from survey.permission_terms import Rule

PAGE = (PROJECT / "docs/asking-rightly.md").read_text("utf-8")


def test_every_rule_is_on_the_page_and_no_other() -> None:
    table = PAGE.split("## The rules")[1].split("## When")[0]
    named = set(re.findall(r"`([a-z_]+)`", table))

    assert named & {rule.value for rule in Rule} == {rule.value for rule in Rule}
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    first = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert first <= {rule.value for rule in Rule}
