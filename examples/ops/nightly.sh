#!/bin/sh
# Every night: prospects out of the CRM, a pitch to those who joined, every feed in order, the links back to the CRM.
#
#     nightly.sh LIST OUTPUT [EPISODE SEGMENT]
#
# LIST is the CRM's export. Into the folder OUTPUT go links.csv for the CRM, beside it links.by-email.csv and
# links.no-key.csv for those who have no id there, rejects.csv with rows to mend (only where there are some), built.jsonl
# with what became of each feed, and the JSON answer of every step. Links are secrets: they go into files that only their
# owner can read, never to the terminal. Every step can be run again; what is in order already costs nothing. CRM=hubspot
# or CRM=salesforce gives the headers that importers match.
#
# A step may take as long as STEP_TIME says (one hour). Where the storage does not answer, it is tried again after each
# of the WAITS, in seconds.
#
# Exit codes:
#   0  done
#   3  done, but rows of the list were left out: mend rejects.csv
#   5  some feeds could not be built: build.json names them, and their prospects hear what they heard before
#   else what the step that failed ended with; 4 is a storage that did not answer, also after the last of the WAITS
set -u
umask 077

list=${1:?"usage: nightly.sh LIST OUTPUT [EPISODE SEGMENT]"}
output=${2:?"usage: nightly.sh LIST OUTPUT [EPISODE SEGMENT]"}
episode=${3:-}
segment=${4:-}
mkdir -p "$output" || exit 1
rm -f "$output/rejects.csv" "$output/built.jsonl" # of the night before

# Run a step; where the storage does not answer (exit code 4) wait and try again. Its answer goes into a file.
step() {
    name=$1
    shift
    for wait in ${WAITS-5 30 120} end; do
        pitchcast "$@" --timeout "${STEP_TIME:-1h}" --quiet --no-input >"$output/$name" </dev/null
        code=$?
        if [ "$code" -ne 4 ] || [ "$wait" = end ]; then
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

# Nobody in the segment tonight is no failure: the step then ends with 0.
if [ -n "$episode" ]; then
    step deliver.json episodes deliver "$episode" --segment "$segment" --existing-only --yes --json || exit $?
fi

# Feeds that cannot be built don't keep the links of the others from the CRM, but the night is no success.
step build.json feeds build --report "$output/built.jsonl" --json
built=$?
[ "$built" -eq 0 ] || [ "$built" -eq 3 ] || exit "$built"

if [ -n "${CRM:-}" ]; then
    step export.txt feeds export --csv "$output/links.csv" --for "$CRM" || exit $?
else
    step export.txt feeds export --csv "$output/links.csv" || exit $?
fi
[ "$built" -eq 0 ] || exit 5
exit "$imported"
