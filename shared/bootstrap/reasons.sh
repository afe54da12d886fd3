# Sourced by set-up.sh: what went wrong, to what, and what to do, as one sentence each.
#
# Concept: the tools' own output goes to .lab/logs/; a person gets the cause that it names.

# Why $1 ("fetching pnpm 11") ended with status $2 and the log $3.
reason() {
  details="(details: $3)"
  if [ "$2" -eq 153 ]; then # SIGXFSZ: the shell's own limit, which the program had no chance to report
    echo "$1 failed because a file would exceed the size limit of this shell; lift it (ulimit -f unlimited) and call ./lab again $details"
    return
  fi
  case $(cat "$3" 2>/dev/null) in
    *ENOSPC* | *'o space left'* | *EDQUOT* | *EFBIG* | *'ile too large'* | *'ile size limit'*)
      echo "$1 failed because there is no space left for $state; free about 600 MB and call ./lab again $details" ;;
    *EROFS* | *EACCES* | *EPERM* | *'ermission denied'*)
      echo "$1 failed because something may not be written; check the permissions below $home and call ./lab again $details" ;;
    *SELF_SIGNED* | *self-signed* | *UNABLE_TO_GET_ISSUER* | *UNABLE_TO_VERIFY* | *CERT_*)
      echo "$1 failed because the registry's certificate is not trusted here; set NODE_EXTRA_CA_CERTS (or npm's cafile) to the right one and call ./lab again $details" ;;
    *ENOTFOUND* | *EAI_AGAIN* | *ECONNREFUSED* | *ECONNRESET* | *ETIMEDOUT* | *EHOSTUNREACH* | *ENETUNREACH* | *ERR_SOCKET* | *ENOTCACHED* | *'ocket hang up'* | *META_FETCH_FAIL* | *NO_OFFLINE*)
      echo "$1 failed because the npm registry could not be reached; check the network (or npm's proxy and registry settings) and call ./lab again $details" ;;
    *E404* | *ETARGET* | *FETCH_404* | *NO_MATCHING_VERSION*)
      echo "$1 failed because the npm registry in use does not have it; check npm's registry setting and call ./lab again $details" ;;
    *EINTEGRITY* | *TARBALL_INTEGRITY*)
      echo "$1 failed because what arrived is not what the lock file names; call ./lab again, and check npm's registry setting if it happens again $details" ;;
    *)
      echo "$1 failed with status $2; read the end of the log and call ./lab again (log: $3)" ;;
  esac
}

# Nothing can be written below .lab/; $1 is what the system said.
unwritable() {
  case $1 in
    *'o space left'* | *'quota'* | *'ile too large'*)
      echo "there is no space left for $state; free about 600 MB and call ./lab again" ;;
    *) echo "$home cannot be written to (${1##*: }); call ./lab in a copy that you may write to" ;;
  esac
}

# No Node that could run npm; $1 says which one is too old, if there is one.
no_node() {
  if [ -n "$1" ]; then
    echo "$1, which is too old to fetch a newer one; install Node 24 or later (18 is enough to start with) and call ./lab again"
  else
    echo "no Node was found on PATH; install Node 24 or later (18 with npm is enough to start with) and call ./lab again"
  fi
}

no_npm() {
  case $1 in
    node*) echo "no npm was found on PATH, which fetches Node $node_version; install npm, or Node 24 or later with its npm, and call ./lab again" ;;
    *) echo "no npm was found on PATH, which fetches pnpm $pnpm_version; install npm (it comes with Node; Debian: apt install npm) and call ./lab again" ;;
  esac
}

does_not_run() {
  echo "$1 was fetched but does not run on this machine (musl or an old C library?); install Node 24 or later yourself and call ./lab again (details: $2)"
}

outdated_lockfile() {
  echo "pnpm-lock.yaml does not fit the package.json files, and CI is set, so it is not changed here; call ./lab once without CI and commit pnpm-lock.yaml (details: $logs/install.log)"
}

locked_for_long() {
  echo "another ./lab (process $1) has been setting up for ten minutes; if there is none, delete $state/lock and call ./lab again"
}
