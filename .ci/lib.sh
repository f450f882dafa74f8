# What the scripts of this folder share; each begins with: . "$(dirname "$0")/lib.sh"
# It moves to the root of the repository. Environments (venvs, npm packages) lie in
# ${XDG_CACHE_HOME:-~/.cache}/lemexport-ci, in a folder named by the group and a
# hash of what is pinned for it: a change of a pin makes a new one, and removing
# the folder starts afresh.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PYTHONDONTWRITEBYTECODE=1 # a run leaves no files in the tree

step() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }

# need COMMAND DEBIAN-PACKAGE installs a missing command.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "installing $2 for $1" >&2
  install_packages "$2"
}

# install_packages DEBIAN-PACKAGE... runs apt; standard output stays the caller's.
install_packages() {
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@"; } >&2
}

# warn TEXT shows a warning, and once more at the end of .ci/run.
warn() {
  echo "WARNING: $*" >&2
  if [ -n "${CI_WARNINGS:-}" ]; then echo "WARNING: $*" >>"$CI_WARNINGS"; fi
}

# need_go wants the toolchain of go.mod, which has the fixes that we need. An
# older Go fetches it; before 1.21 it could not.
need_go() {
  need go golang-go
  GOTOOLCHAIN=auto go version >/dev/null 2>&1 && export GOTOOLCHAIN=auto && return
  go list -m >/dev/null || { echo "this Go is too old and cannot fetch a newer one: install the version that go.mod names" >&2; return 1; }
  warn "the toolchain of go.mod cannot be fetched: this is built with $(go env GOVERSION), which may lack fixes"
}

# need_python [PYTHON] wants an interpreter, python3 by default, that makes environments.
need_python() {
  local python=${1:-python3}
  need "$python" "$python"
  "$python" -c 'import ensurepip' 2>/dev/null || install_packages "$python-venv"
}

# modules prints the folder of every Go module of the repository.
modules() { git ls-files -- go.mod '*/go.mod' | xargs -n 1 dirname; }

# cached GROUP PINS... -- COMMAND... prints GROUP's folder. When it is missing or
# unfinished, COMMAND gets it as its last argument, empty, and fills it. PINS are
# the files whose content names the folder. Two runs at once wait for each other.
cached() {
  local group=$1 hash folder
  shift
  local pins=()
  while [ "$1" != -- ]; do pins+=("$1"); shift; done
  shift
  hash=$(cat -- "${pins[@]}" | { cat; printf '%s\n' "$*"; } | sha256sum | cut -c 1-16)
  folder="${XDG_CACHE_HOME:-$HOME/.cache}/lemexport-ci/$group-$hash"
  mkdir -p "$(dirname "$folder")"
  (
    flock 9
    test -e "$folder/.finished" && exit
    rm -rf "$folder" && mkdir "$folder" || exit
    echo "making $folder" >&2
    "$@" "$folder" >&2 || exit # errexit does not reach into a $(…)
    touch "$folder/.finished"
  ) 9>"$folder.lock" || return
  echo "$folder"
}

# cached_venv GROUP REQUIREMENTS... prints an environment of python3, or of $PYTHON:
# FOLDER/bin/python.
cached_venv() {
  local group=$1 python=${PYTHON:-python3}
  shift
  need_python "$python"
  cached "$group" "$@" -- make_venv "$python" "$("$python" -V)" "$#" "$@"
}

make_venv() { # PYTHON VERSION COUNT REQUIREMENTS... FOLDER
  local folder=${*: -1} options=() requirements
  for requirements in "${@:4:$3}"; do options+=(-r "$requirements"); done
  "$1" -m venv "$folder" || return
  "$folder/bin/pip" install --quiet --disable-pip-version-check "${options[@]}"
}

# cached_npm GROUP FOLDER prints a folder with the node_modules that FOLDER's
# package.json and package-lock.json name. No script of a package runs.
cached_npm() {
  need node nodejs
  need npm npm
  cached "$1" "$2/package.json" "$2/package-lock.json" -- make_npm "$2"
}

make_npm() { # SOURCE FOLDER
  cp "$1/package.json" "$1/package-lock.json" "$2" || return
  npm ci --prefix "$2" --ignore-scripts --no-audit --no-fund
}

# cached_jars GROUP POM [OPTIONS...] prints a folder with the jars that POM names, and
# what they need. OPTIONS are Maven's.
cached_jars() {
  need mvn maven
  cached "$1" "$2" -- make_jars "${@:2}"
}

make_jars() { # POM OPTIONS... FOLDER
  mvn -q -B -Dstyle.color=never -f "$1" "${@:2:$#-2}" dependency:copy-dependencies -DoutputDirectory="${*: -1}"
}

# scratch_folder sets $scratch to a folder that goes when the script ends.
scratch_folder() {
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
}
