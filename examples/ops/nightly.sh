#!/bin/sh
# Every night: prospects out of the CRM, a pitch to those who joined, every feed in order, the links back to the CRM.
#
#     nightly.sh LIST OUTPUT [EPISODE SEGMENT]
#
# LIST is the CRM's export. Into the folder OUTPUT go links.csv for the CRM, beside it links.by-email.csv and
# links.no-key.csv for those who have no id there, rejects.csv with rows to mend, and the JSON answer of every step.
# Links are secrets: they go into files that only their owner can read, never to the terminal.
# Every step can be run again; what is in order already costs nothing. CRM=hubspot or CRM=salesforce gives the headers
# that importers match.
#
# Exit codes: 0 done; 3 done, but rows were left out; anything else is what the step that failed ended with.
set -u
umask 077

list=${1:?"usage: nightly.sh LIST OUTPUT [EPISODE SEGMENT]"}
output=${2:?"usage: nightly.sh LIST OUTPUT [EPISODE SEGMENT]"}
episode=${3:-}
segment=${4:-}
mkdir -p "$output" || exit 1

# Run a step; where the storage cannot be reached (exit code 4) wait and try again. Its answer goes into a file.
step() {
    name=$1
    shift
    for wait in 5 30 120 0; do
        pitchcast "$@" --quiet --no-input >"$output/$name" </dev/null
        code=$?
        if [ "$code" -ne 4 ] || [ "$wait" -eq 0 ]; then
            return "$code"
        fi
        sleep "$wait"
    done
}

# Whom the list lacks keeps the link for a week, and for good where a later list has them again. A list that lacks more
# than a tenth of the last one's prospects was cut short: it is refused as a whole, and ends the night.
step import.json prospects import "$list" --remove-missing --grace 7d --max-missing 10 \
    --no-build --rejects "$output/rejects.csv" --json
imported=$?
[ "$imported" -eq 0 ] || [ "$imported" -eq 3 ] || exit "$imported"

if [ -n "$episode" ]; then
    step deliver.json episodes deliver "$episode" --segment "$segment" --existing-only --yes --json || exit $?
fi
step build.json feeds build --json || exit $?
if [ -n "${CRM:-}" ]; then
    step export.txt feeds export --csv "$output/links.csv" --for "$CRM" || exit $?
else
    step export.txt feeds export --csv "$output/links.csv" || exit $?
fi
exit "$imported"
