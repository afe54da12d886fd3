# Sourced by set-up.sh: Node, pnpm and the packages, each fetched by a tool of its own trade in the background.
#
# In the background because a shell runs its traps only while it waits: in the foreground, Ctrl-C would leave npm to
# finish. A person's own npm settings (registry, proxy, certificates) count; those that would leave out what is wanted
# here do not.

# True if .lab/NAME was put there by the lock that is committed now, for this platform.
whole() { [ -r "$state/$1/whole" ] && [ "$(cat "$state/$1/whole")" = "$(lock_of "$1")" ]; }
lock_of() { { uname -sm && cat "$home/shared/bootstrap/$1/package-lock.json"; } | cksum; }

fetched_node() { echo "$state"/node/node_modules/node-*/bin/node*; }

# Fetches Node if there is none, and pnpm if `fetch_tools pnpm` says that it will be needed: both at once, since one
# waits for the network while the other unpacks.
fetch_tools() {
  missing=''
  if [ -z "$node" ]; then missing=node; fi
  if [ "${1-}" = pnpm ] && ! whole pnpm; then missing="$missing pnpm"; fi
  if [ -n "$missing" ]; then
    if [ -z "$node$npm_node" ]; then fail "$(no_node "$too_old")"; fi
    (PATH=$npm_path && command -v npm >/dev/null 2>&1) || fail "$(no_npm "$missing")"
  fi
  job=''
  if [ "${1-}" = pnpm ]; then start_npm settings config get registry cafile https-proxy noproxy; fi
  settings_job=$job
  case $missing in
    'node pnpm') say "fetching Node $node_version and pnpm $pnpm_version into .lab/ (once, about 70 MB) ..." ;;
    *node) say "fetching Node $node_version into .lab/ (once, about 60 MB) ..." ;;
    *pnpm) say "fetching pnpm $pnpm_version into .lab/ (once, about 10 MB) ..." ;;
  esac
  node_job='' pnpm_job=''
  case $missing in *node*) start_npm node ci --ignore-scripts --include=optional && node_job=$job ;; esac
  case $missing in *pnpm*) start_npm pnpm ci --ignore-scripts --include=prod && pnpm_job=$job ;; esac
  if [ -n "$pnpm_job" ]; then finish_pnpm "$pnpm_job"; fi
  if [ -n "$node_job" ]; then finish_node "$node_job"; fi
  if [ -n "$settings_job" ]; then await "$settings_job"; fi
}

# Starts npm in .lab/setup.PID/NAME with the rest of the arguments; sets $job to its process.
# The log is verbose because npm says nothing else of an optional package that it could not fetch, and ends well.
start_npm() {
  name=$1
  shift
  problem=$( (mkdir "$work/$name" && if [ -d "$home/shared/bootstrap/$name" ]; then
    cp "$home/shared/bootstrap/$name/package.json" "$home/shared/bootstrap/$name/package-lock.json" "$work/$name/"
  else
    echo '{}' >"$work/$name/package.json" # else npm goes up and finds ours, which wants pnpm
  fi) 2>&1) || fail "$(unwritable "$problem")"
  turns=$((turns + 1))
  (
    await_turn $turns
    cd "$work/$name" || exit
    export PATH="$npm_path" npm_config_cache="$work/$name/cache" npm_config_engine_strict=false
    export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false npm_config_loglevel=verbose
    export npm_config_fetch_retry_mintimeout=1000 npm_config_fetch_retry_maxtimeout=5000
    exec npm "$@"
  ) >"$work/$name.out" 2>"$logs/$name.log" </dev/null &
  job=$!
  children="$children $job"
  claim_child "$job" $turns
}

# Waits for job $1; its status is the answer.
await() {
  wait "$1" 2>/dev/null # a shell may say on stderr by which signal it ended; we say it better
  ended=$?
  left=''
  for child in $children; do if [ "$child" != "$1" ]; then left="$left $child"; fi; done
  children=$left
  return $ended
}

finish_node() {
  await "$1" || fail "$(reason "fetching Node $node_version" $? "$logs/node.log")"
  rm -rf "$work/node/cache" "$work"/node/node_modules/node-*/include # 67 MB of headers for compiling addons
  set -- "$work"/node/node_modules/node-*/bin/node*
  [ -x "$1" ] || fail "$(reason "fetching Node $node_version" 0 "$logs/node.log")"
  "$1" --version >>"$logs/node.log" 2>&1 || fail "$(does_not_run "Node $node_version" "$logs/node.log")"
  put_in_place node
  node=$(fetched_node)
}

finish_pnpm() {
  await "$1" || fail "$(reason "fetching pnpm $pnpm_version" $? "$logs/pnpm.log")"
  rm -rf "$work/pnpm/cache"
  [ -r "$work/pnpm/node_modules/pnpm/bin/pnpm.mjs" ] || fail "$(reason "fetching pnpm $pnpm_version" 0 "$logs/pnpm.log")"
  put_in_place pnpm
}

put_in_place() {
  problem=$( (lock_of "$1" >"$work/$1/whole" && { [ ! -e "$state/$1" ] || mv "$state/$1" "$work/old-$1"; } &&
    mv "$work/$1" "$state/$1") 2>&1) || fail "$(unwritable "$problem")"
}

# Runs pnpm install with flag $1. pnpm does not read npm's machine-wide settings, which may name the only registry,
# proxy or certificate that works here: they are handed to it. The lock is trusted as it was committed: to check again
# how old each of its packages is, pnpm would fetch 71 MB of metadata. What is new in a lock is checked.
pnpm_install() {
  turns=$((turns + 1))
  (
    await_turn $turns
    cd "$home" || exit
    while IFS='=' read -r key value; do
      key=${key% } value=${value# }
      case $key:$value in
        *: | *:null | *:undefined) ;;
        registry:*) export pnpm_config_registry="$value" ;;
        cafile:*) export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$value}" ;;
        https-proxy:*) export HTTPS_PROXY="${HTTPS_PROXY:-$value}" ;;
        noproxy:*) export NO_PROXY="${NO_PROXY:-$value}" ;;
      esac
    done 2>/dev/null <"$work/settings.out"
    export XDG_CACHE_HOME="$state/cache" XDG_STATE_HOME="$state/cache" XDG_DATA_HOME="$state/cache"
    export PNPM_HOME="$state/cache/pnpm-home" pnpm_config_trust_lockfile=true
    export pnpm_config_fetch_retry_mintimeout=1000 pnpm_config_fetch_retry_maxtimeout=5000
    exec "$node" "$state/pnpm/node_modules/pnpm/bin/pnpm.mjs" install "$1" --prefer-offline \
      --config.confirm-modules-purge=false --store-dir "$state/pnpm-store" --reporter=append-only
  ) >"$logs/install.log" 2>&1 </dev/null &
  job=$!
  children="$children $job"
  claim_child "$job" $turns
  await "$job"
}
