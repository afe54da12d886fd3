# Sourced by ./lab when something is missing or has changed; uses its $home, $state and functions, and sets $node.
#
# Concept: Node and pnpm come from npm, through two committed locks; pnpm installs the workspace; both are remembered.
# Invariant: a thing is made in .lab/setup.PID and renamed into place when it is whole, so whatever interrupts this
# (Ctrl-C, kill -9, no space, no network), the next call finds either nothing or all of it.
# Read next: fetch.sh (the three things that are fetched), lock.sh (two calls at once), reasons.sh (why it failed).

. "$home/shared/bootstrap/lock.sh"
. "$home/shared/bootstrap/reasons.sh"
. "$home/shared/bootstrap/fetch.sh"

node_version=26.10.0
pnpm_version=11.28.6
work=$state/setup.$$
logs=$state/logs
children=
turns=0
locked=

say() { printf 'lab: %s\n' "$*" >&2; }

# Ends with exit code 4 and the one sentence that says what happened and what to do.
fail() {
  undo
  say "$*"
  exit 4
}

# Leaves nothing of this call behind; what it had finished and renamed into place stays.
undo() {
  trap '' INT TERM HUP
  for child in $children; do kill "$child" 2>/dev/null; done
  for child in $children; do wait "$child" 2>/dev/null; done
  children=
  rm -rf "$work" 2>/dev/null
  if [ -n "$locked" ]; then unlock; fi
}

interrupted() {
  undo
  say 'interrupted; nothing is half installed, call ./lab again to go on'
  exit "$1"
}

set_up() {
  began=$(date +%s)
  problem=$(LC_ALL=C mkdir -p "$logs" 2>&1) || fail "$(unwritable "$problem")"
  trap 'interrupted 130' INT
  trap 'interrupted 143' TERM
  trap 'interrupted 129' HUP
  lock
  sweep
  problem=$(LC_ALL=C mkdir "$work" 2>&1) || fail "$(unwritable "$problem")"
  node_is_chosen || node=
  find_nodes
  if packages_are_installed; then # perhaps by another call, while this one waited
    fetch_tools
  else
    fetch_tools pnpm
    install_workspace
  fi
  put chosen-node "$node" "$(identity "$node")"
  undo
  trap - INT TERM HUP
  say "ready after $(($(date +%s) - began)) s"
}

# Writes a file of .lab/ whole: the name first, then its lines.
put() {
  name=$1
  shift
  problem=$( (export LC_ALL=C && printf '%s\n' "$@" >"$work/$name" && mv "$work/$name" "$state/$name") 2>&1) ||
    fail "$(unwritable "$problem")"
}

# What killed calls left behind. Safe because we hold the lock, and nobody makes such a folder without it.
sweep() { rm -rf "$state"/setup.* 2>/dev/null; }

# Sets $node, if it is not chosen yet, to a Node >= 24, on PATH or fetched earlier, if there is one.
# Sets $npm_path so that npm's first line, which asks PATH for a node, finds one that can run it (>= 18): the one beside
# npm, else the first on PATH, else the fetched one. In this order because npm looks for its machine-wide settings
# (registry, proxy, certificates) beside the node that runs it.
find_nodes() {
  npm_node='' too_old=''
  set -f
  usual_ifs=$IFS
  IFS=:
  for folder in ${PATH-}; do
    IFS=$usual_ifs
    if [ -z "$npm_node" ] || [ -z "$node" ]; then
      if [ -n "$folder" ] && [ -x "$folder/node" ]; then weigh "$folder/node"; fi
    fi
  done
  IFS=$usual_ifs
  set +f
  if [ -z "$node" ] && whole node; then node=$(fetched_node); fi
  beside=$(command -v npm 2>/dev/null) && beside=${beside%/*}/node
  if [ -x "$beside" ] && [ "$beside" != "$npm_node" ]; then
    answer=$(ask "$beside") && case ${answer%%.*} in
      [1-9] | 1[0-7]) ;;
      *) npm_node=$beside ;;
    esac
  fi
  npm_path=${PATH-}
  for one in "$npm_node" "$node"; do
    if [ -n "$one" ]; then npm_path=${one%/*}:$npm_path && break; fi
  done
}

# A version manager's `node` is often a script that answers differently elsewhere: what counts is the binary behind it.
ask() { "$1" -p 'process.versions.node + " " + process.execPath' 2>/dev/null </dev/null; }

weigh() {
  answer=$(ask "$1") || return 0
  version=${answer%% *}
  major=${version%%.*}
  case $major in '' | *[!0-9]*) return 0 ;; esac
  case $version in
    24.[012].*) ;; # warns on stderr about TypeScript in each process; good enough to fetch a later one
    *) if [ "$major" -ge 24 ]; then node=${node:-${answer#* }}; fi ;;
  esac
  if [ "$major" -ge 18 ]; then
    npm_node=${npm_node:-$1}
  else
    too_old=${too_old:-"$1 is Node $version"}
  fi
}

# Installs the workspace's packages. pnpm works inside many node_modules folders, which cannot be renamed into place
# together; so `install-begun` stands while it works, and whoever finds it there takes the folders away first.
install_workspace() {
  platform=$(uname -sm)
  if [ -e "$state/install-begun" ] || { [ -r "$state/installed-for" ] && [ "$(cat "$state/installed-for")" != "$platform" ]; }; then
    for folder in "$home" "$home"/shared/* "$home"/labs/*; do rm -rf "$folder/node_modules"; done
  fi
  problem=$(LC_ALL=C rm -f "$state/installed" 2>&1) || fail "$(unwritable "$problem")"
  put install-begun "$platform"
  say 'installing the packages ...'
  wanted=$(fingerprint) # before, not after: a file that is changed meanwhile must be noticed by the next call
  status=0
  pnpm_install --frozen-lockfile || status=$?
  case $status:$(cat "$logs/install.log" 2>/dev/null) in
    0:*) ;;
    *ERR_PNPM_OUTDATED_LOCKFILE*)
      rm -f "$state/install-begun" # pnpm refuses before it touches anything
      # As pnpm itself does: strict where nobody looks, helpful where somebody has just edited a package.json.
      if [ -n "${CI-}" ] && [ "${LAB_LOCKFILE-}" != update ]; then fail "$(outdated_lockfile)"; fi
      put install-begun "$platform"
      say 'a package.json has changed: bringing pnpm-lock.yaml up to date ...'
      pnpm_install --no-frozen-lockfile || fail "$(reason 'installing the packages' $? "$logs/install.log")"
      wanted=$(fingerprint)
      ;;
    *) fail "$(reason 'installing the packages' $status "$logs/install.log")" ;;
  esac
  put installed-for "$platform"
  set --
  for folder in . "$home"/shared/* "$home"/labs/*; do
    folder=${folder#"$home"/}
    if [ -d "$home/$folder/node_modules" ]; then set -- "$@" "$folder"; fi
  done
  put installed "$wanted" "$@"
  rm -f "$state/install-begun"
}
