#!/bin/sh
# processes.sh: what a program has started, and whether it is gone, for the tests in sh; each reads
# it with `.`.

# below PID: its children, and theirs.
below() {
    tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null | while read -r child; do
        echo "$child"
        below "$child"
    done
}

# gone PID…: none of them is left; at most twenty seconds.
gone() {
    for _ in $(seq 400); do
        left=
        for one in "$@"; do
            ! kill -0 "$one" 2>/dev/null || left="$left $one"
        done
        [ "$left" ] || return 0
        sleep 0.05
    done
    echo "left: $left"
    return 1
}
