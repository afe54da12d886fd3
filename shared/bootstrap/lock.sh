# Sourced by set-up.sh: one set-up at a time, and what a killed one left running.
#
# Concept: a folder is the lock (mkdir is atomic everywhere; flock is not in POSIX), its owner a process id with the
# moment that process started, since ids are used again.
# Invariant: a lock is removed by its owner, or by someone who holds lock-takeover and has seen there that the owner is
# gone. Looking first and removing later would remove the lock of whoever was quicker.

# Prints when process $1 started, in whatever unit this system has; fails if it is not there or only waits to be reaped.
birth() {
  if [ -r "/proc/$1/stat" ]; then
    IFS= read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) } # the program's name may hold spaces and brackets; what follows it starts with the state
    case $1 in Z | X) return 1 ;; esac
    echo "${20}"
  elif kill -0 "$1" 2>/dev/null; then
    ps -o lstart= -p "$1" 2>/dev/null || echo unknown
  else
    return 1
  fi
}

# True if process $1, born $2, still runs.
lives() { [ -n "$1" ] && [ "$(birth "$1" 2>/dev/null)" = "$2" ]; }

pause() { sleep 0.2 2>/dev/null || sleep 1; }

lock() {
  rounds=0 ownerless=0 refused=0
  until problem=$(LC_ALL=C mkdir "$state/lock" 2>&1); do
    if [ ! -d "$state/lock" ]; then # given back this very moment; or not to be had at all
      refused=$((refused + 1))
      if [ $refused -ge 20 ]; then fail "$(unwritable "$problem")"; fi
    elif owner_is_gone; then
      take_over
    else
      if [ $rounds -eq 5 ]; then say "waiting for another ./lab (process ${owner:-unknown}) that is setting up ..."; fi
      if [ "$rounds" -ge 3000 ]; then fail "$(locked_for_long "${owner:-unknown}")"; fi
      pause
    fi
    rounds=$((rounds + 1))
  done
  locked=yes
  problem=$( (printf '%s %s\n' "$$" "$(birth $$)" >"$state/lock/owner") 2>&1) || fail "$(unwritable "$problem")"
}

unlock() {
  rm -rf "$state/lock"
  locked=
}

# Remembers child $1, so that whoever takes over ends it first: it would go on writing where the next one works.
# Then lets it begin, as turn $2.
claim_child() {
  problem=$( (printf '%s %s\n' "$1" "$(birth "$1")" >>"$state/lock/children" && : >"$work/turn.$2") 2>&1) ||
    fail "$(unwritable "$problem")"
}

# Called by a child before its tool: waits until it is remembered, or ends if nobody is left to do so. A child that
# began at once could be orphaned unknown, when this shell is killed between starting it and writing it down.
await_turn() {
  # $$ is the parent's id in a subshell too.
  until [ -e "$work/turn.$1" ]; do kill -0 $$ 2>/dev/null || exit 1; done
}

owner_is_gone() {
  owner='' born=''
  { IFS=' ' read -r owner born <"$state/lock/owner"; } 2>/dev/null || {
    ownerless=$((ownerless + 1)) # being made, being removed, or killed between the two
    [ $ownerless -ge 25 ]
    return
  }
  ! lives "$owner" "$born"
}

take_over() {
  if (mkdir "$state/lock-takeover") 2>/dev/null; then
    if owner_is_gone; then
      while IFS=' ' read -r child born; do
        if lives "$child" "$born"; then kill -9 "$child" 2>/dev/null; fi
      done 2>/dev/null <"$state/lock/children"
      rm -rf "$state/lock"
    fi
    rmdir "$state/lock-takeover" 2>/dev/null
  else
    pause
    # Held for a moment only, unless its holder was killed right then.
    if [ "$rounds" -ge 50 ]; then rmdir "$state/lock-takeover" 2>/dev/null; fi
  fi
}
