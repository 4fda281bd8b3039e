#!/bin/sh
# Uses Abide as after a fresh installation: starts the agent, signs in with the demo provider, gets a token, signs out.
#
#   try_installed.sh FOLDER AGENT ABIDE    FOLDER: an empty one. AGENT, ABIDE: commands for a shell
#
# With ABIDE_TRY_UPGRADE it makes the file `signed-in`, and then waits until another version has taken over. With `package`, the agent
# has to answer all the time; an `image` is away for a moment.
set -eu
folder=$1 agent=$2 abide=$3
mkdir -p "$folder/home" "$folder/run"
chmod 700 "$folder/run"
HOME=$folder/home XDG_RUNTIME_DIR=$folder/run
export HOME XDG_RUNTIME_DIR
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS BROWSER
cd "$folder"
rm -f address page last jar refusal
fail() { echo "failed: $*" >&2; [ ! -f agent.log ] || tail -n 20 agent.log >&2; exit 1; }

echo "version: $(eval "$abide --version")"
# No keyring here, and other tests may hold the usual port.
config=${ABIDE_TRY_CONFIG:-$HOME/.config/abide/config.toml}
ready=${ABIDE_TRY_READY:-run/abide/endpoint.json}
mkdir -p "${config%/*}"
vault='mode = "memory"'
if [ -n "${ABIDE_TRY_UPGRADE:-}" ]; then
  (umask 077 && printf 'correct horse battery staple' >passphrase)
  vault="mode = \"passphrase\"
passphrase_file = \"$folder/passphrase\""
fi
printf '[vault]\n%s\n[endpoint]\nport = 0\n' "$vault" >"$config"
eval "exec $agent" >agent.log 2>&1 </dev/null &
process=$!
own=$process
trap 'kill $own $process 2>/dev/null || true' EXIT
tries=0
until [ -e "$ready" ]; do
  kill -0 $process 2>/dev/null || fail "the agent has ended"
  [ $((tries += 1)) -le 150 ] || fail "the agent does not start"
  sleep 0.2
done
eval "$abide status" >status 2>&1 || fail "no status: $(cat status)"
echo "agent: started"

eval "$abide login --no-browser" >address 2>login.log &
login=$!
tries=0
until [ -s address ]; do
  [ $((tries += 1)) -le 100 ] || fail "no address: $(cat login.log)"
  sleep 0.2
done
address=$(head -n 1 address)
curl -sSL -m 20 -c jar -b jar "$address" >page
# Each hidden field of the form, as curl wants it.
set --
for field in $(sed -n 's/<input/\n<input/g; p' page | sed -n 's/^<input type="hidden" name="\([^"]*\)" value="\([^"]*\)".*/\1=\2/p'); do
  set -- "$@" --data-urlencode "$field"
done
action=$(sed -n 's/.*<form method="post" action="\([^"]*\)".*/\1/p' page | head -n 1)
origin=$(printf '%s' "$address" | sed 's|^\(https*://[^/]*\).*|\1|')
[ -n "$action" ] || fail "no form: $(cat page)"
curl -sSL -m 20 -c jar -b jar "$origin$action" "$@" -d username=alice -d password=demo -d action=sign-in >last
wait $login || fail "the sign-in: $(cat login.log)"
echo "signed in: $(eval "$abide status" | head -n 1)"
if [ -n "${ABIDE_TRY_UPGRADE:-}" ]; then
  started() { sed 's/.*"started":\([0-9]*\).*/\1/' "$ready" 2>/dev/null || true; }
  before=$(started)
  : >signed-in
  tries=0
  until now=$(started) && [ -n "$now" ] && [ "$now" != "$before" ]; do
    kill -0 $process 2>/dev/null || fail "the agent has ended"
    [ $((tries += 1)) -le 300 ] || fail "no other version has taken over"
    [ "$ABIDE_TRY_UPGRADE" = image ] || eval "$abide status" >status 2>&1 || fail "no status during the upgrade: $(cat status)"
    sleep 0.2
  done
  # The first one may be the new program's start.
  eval "$abide status" >status 2>&1 || { sleep 1 && eval "$abide status" >status 2>&1; } || fail "no status after the upgrade: $(cat status)"
  grep -q alice status || fail "the session is gone: $(cat status)"
  echo "upgraded: $(head -n 1 status)"
fi
if eval "$abide token" >/dev/null 2>refusal; then fail "a token that nobody has allowed"; fi
# What is asked about is the program that wants the token, not the start of an image.
! grep -q AppImage refusal || fail "asked about the image: $(cat refusal)"
# As a person at another terminal: this script cannot answer for itself.
(setsid script -qec "$abide approve --allow run" /dev/null >approved 2>&1 </dev/null &)
tries=0
until grep -q Allowed approved 2>/dev/null; do
  [ $((tries += 1)) -le 50 ] || fail "not allowed: $(cat approved)"
  sleep 0.2
done
token=$(eval "$abide token") || fail "no token"
[ ${#token} -gt 20 ] || fail "the token is $token"
echo "token: ${#token} characters"
eval "$abide logout" >/dev/null || fail "signing out"
eval "$abide token" >/dev/null 2>&1 && fail "a token after signing out"
# An image that had to be extracted runs below a process that does not pass signals on.
[ ! -f run/abide-appimage ] || read -r own _ <run/abide-appimage
kill "$own"
wait $process || true
trap - EXIT
if eval "$abide status" >/dev/null 2>&1; then fail "the agent is still there"; fi
echo "agent: ended"
