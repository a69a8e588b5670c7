#!/bin/sh
# apart.sh BENCH [ARGUMENT…]: runs a bench in a network namespace of its own, so that its agents touch nothing of this machine's.
exec unshare --net -- sh -c 'ip link set lo up && exec node --import tsx "$@"' apart "$@"
