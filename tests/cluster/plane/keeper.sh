#!/bin/sh
# Starts a control plane's processes and stops them when whoever asked for them is gone, however it went.
#
#   keeper.sh FOLDER    a name on standard input starts FOLDER/NAME.run; the end of standard input stops everything
#
# The test process holds the other end of that pipe, and the kernel closes it on a clean exit, a panic and a SIGKILL
# alike. NAME.pid and NAME.exit say which process a part is and how it ended, NAME.log what it said.
cd "$1" || exit 1
running=

launch() {
  sh "$1.run" >"$1.log" 2>&1 </dev/null &
  echo $! >"$1.pid"
  wait $!
  echo $? >"$1.exit"
}

# Newest first, so that the API server goes before its etcd: without one it may outlive a SIGTERM.
stop() {
  trap - EXIT
  for part in $running; do
    [ -s "$part.pid" ] && [ ! -e "$part.exit" ] && kill -TERM "$(cat "$part.pid")"
    waited=0
    while [ -s "$part.pid" ] && [ ! -e "$part.exit" ]; do
      [ "$waited" -eq 10 ] && kill -KILL "$(cat "$part.pid")"
      waited=$((waited + 1))
      sleep 0.1
    done
  done 2>/dev/null
  [ -n "$RECONCILE_TEST_KEEP" ] || rm -rf "$PWD"
}

trap stop EXIT
trap 'exit 1' HUP INT TERM
while read -r part; do
  running="$part $running"
  launch "$part" &
done
