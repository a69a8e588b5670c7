#!/bin/bash
# timed.sh COMMAND… [%% COMMAND…]…: runs the commands one after another, as MHA would, and prints a line for each: its exit
# code and its wall time in microseconds. What they say goes to $LOG. In bash, since what takes the time must not cost any.
# A second lies between them: between the phases of a failover MHA needs longer.
set -u
log=${LOG:-/var/log/timed.log}
: >"$log"

call() {
  local start=$EPOCHREALTIME end code
  "$@" </dev/null >>"$log" 2>&1
  code=$?
  end=$EPOCHREALTIME
  echo "$code $((${end/./} - ${start/./}))"
}

command=()
for argument in "$@" %%; do
  if [ "$argument" = %% ]; then
    call "${command[@]}"
    command=()
    sleep 1
  else
    command+=("$argument")
  fi
done

# To the guard of an online stop this process is MHA: the next switch must not meet a guard that sees it gone.
while pgrep -f /controller/bin/guard.cjs >/dev/null; do sleep 0.02; done
