#!/usr/bin/env bash
# All tests by the Python that is given: the many that work, beside them the few that wait for a
# real browser, for processes that are killed or for the benchmarks' smoke run, and at the end the
# one that wants the machine to itself. Says each part's own result; fails if any part failed.
set -u
# The tests start hundreds of processes; each would compile the whole product anew.
unset PYTHONDONTWRITEBYTECODE
python=$1
waiting=(tests/browser tests/load tests/chaos/test_killed_while_placing.py tests/chaos/test_paused_while_dialling.py)
alone=(tests/chaos/test_several_diallers.py)

told=$(mktemp)
beside=
# Nobody is left behind when the tests are stopped from outside.
trap 'rm -f "$told"; [ -z "$beside" ] || kill "$beside" 2>/dev/null' EXIT
trap 'exit 130' INT TERM
"$python" -m pytest -n "${WAITING_PROCESSES:-2}" --dist loadgroup --durations=10 "${waiting[@]}" >"$told" 2>&1 &
beside=$!
failed=0
"$python" -m pytest -n "${TEST_PROCESSES:-4}" --dist worksteal "${waiting[@]/#/--ignore=}" "${alone[@]/#/--ignore=}" || failed=1
echo "Beside these went what waits more than it works: the real browser, killed diallers, the benchmarks' smoke run."
wait "$beside" || failed=1
beside=
cat "$told"
[ "$failed" = 0 ] || exit 1
echo "Now what wants the machine to itself: several diallers that use up the pace of one line."
"$python" -m pytest "${alone[@]}"
