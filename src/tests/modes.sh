#!/usr/bin/env bash
# The three modes from end to end, against a server on this machine: an example for a CI job, and a test of itself.
#
# usage: modes.sh PATH_OF_KONFORM
set -euo pipefail
konform=$(realpath "$1")
work=$(mktemp -d)
cd "$work"
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT

# A server that keeps the contract, and later on one that does not.
serve() {
  "$konform" serve --contract library --addr 127.0.0.1:0 "$@" >served 2>&1 &
  server=$!
  for _ in $(seq 100); do
    target=$(grep -o 'http://127[^ ]*' served | head -1) && [ -n "$target" ] && return
    sleep 0.1
  done
  cat served
  exit 1
}
stop() { kill "$server"; wait "$server" 2>/dev/null || true; }
# Runs a command that must end with this exit code.
expect() {
  local code=$1 got=0
  shift
  "$@" >out 2>&1 || got=$?
  if [ "$got" != "$code" ]; then
    echo "exit $got instead of $code: $*"
    cat out
    exit 1
  fi
  echo "exit $code as it must: ${*:2} : $(tail -1 out)"
}
check() { "$konform" run --quiet --contract library --target "$target" --snapshots off "$@"; }

serve
echo "== gate: a release is held by what is new"
expect 0 check --mode gate --out released
stop
serve --fault accept-above:title
expect 1 check --mode gate --baseline released --out held
expect 1 "$konform" diff released held
# What everybody knows of already holds no release ...
expect 0 check --mode gate --baseline held --out known
# ... and what somebody answers for holds it until its last day.
expect 1 check --mode gate --bless --out proposed
sed -e 's/reason: ""/reason: "ticket 7"/' -e 's/owner: ""/owner: ann/' -e 's/approver: ""/approver: bob/' \
  proposed/waivers.proposed.yaml >waivers.yaml
expect 0 check --mode gate --waivers waivers.yaml --out waived
stop
serve
# The fault is mended: the waiver has to go.
expect 5 check --mode gate --waivers waivers.yaml --out mended

echo "== nightly: what changed since yesterday; an outage is neither green nor a bug"
expect 0 check --mode nightly --fuzz-cases 20 --out monday
expect 0 check --mode nightly --fuzz-cases 20 --out tuesday
expect 0 "$konform" diff monday tuesday
stop
expect 3 check --mode nightly --fuzz-cases 20 --out wednesday
expect 3 "$konform" diff tuesday wednesday
grep -q 'OUTAGE' out
grep -q '0 new failures' out

echo "== certification: the partner runs and signs, the platform judges again and countersigns"
serve
"$konform" keygen --sign partner >/dev/null
"$konform" keygen --sign platform >/dev/null
challenge=$(head -c 8 /dev/urandom | od -An -tx1 | tr -d ' \n')
expect 3 check --mode certification --bless --out bare
# What no case can put to the test is declared away, clause by clause, with a reason; somebody looks at the proposal first.
{ echo "konform: 1"; cat bare/capabilities.proposed.yaml; } >profile.yaml
expect 0 check --mode certification --profile profile.yaml --challenge "$challenge" --out certified
expect 0 "$konform" rejudge certified
expect 0 "$konform" certify certified --key partner/sign-private.pem --challenge "$challenge"
expect 0 "$konform" verify certified --pub partner/sign-public.pem --challenge "$challenge"
expect 1 "$konform" verify certified --pub partner/sign-public.pem --challenge "another"
expect 0 "$konform" certify certified --countersign --key platform/sign-private.pem --pub partner/sign-public.pem \
  --challenge "$challenge"
expect 0 "$konform" verify certified --pub partner/sign-public.pem --counter-pub platform/sign-public.pem
sed -i.kept 's/"pass": /"pass": 1/' certified/results.json && rm certified/results.json.kept
expect 1 "$konform" verify certified --pub partner/sign-public.pem
grep -q 'results.json was changed after it was signed' out
stop
echo "== all three modes are as the documentation says"
