# For the run scripts of the groups: what a reader needs is installed once, into a
# folder that is named after what is pinned.

folder=$(realpath "$1") # with the files, see main.go
cd "$(dirname "$0")"
export RUST_BACKTRACE=0
export PYTHONDONTWRITEBYTECODE=1 # a run leaves no files in the tree

# package DEBIAN-PACKAGE installs it.
package() {
  echo "installing $1"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1"
}

# need COMMAND DEBIAN-PACKAGE
need() { command -v "$1" >/dev/null 2>&1 || package "$2"; }

# cached NAME PINNED-FILE COMMAND… sets $cache to a folder in which COMMAND has run
# without an error, with what is in the file as it is now.
cached() {
  cache="${XDG_CACHE_HOME:-$HOME/.cache}/lemexport-ci/$1-$(sha256sum "$2" | cut -c1-16)"
  mkdir -p "$(dirname "$cache")"
  (
    flock 9
    test -e "$cache/complete" && exit
    echo "installing $1 into ${cache/#$HOME/\~}"
    rm -rf "$cache"
    mkdir "$cache"
    "${@:3}"
    touch "$cache/complete"
  ) 9>"$cache.lock"
}

# venv REQUIREMENTS makes a Python environment in $cache. The oldest releases have
# wheels up to Python 3.11.
venv() {
  local python=python3
  command -v python3.11 >/dev/null 2>&1 && python=python3.11
  "$python" -c 'import ensurepip' 2>/dev/null || package "$python-venv"
  "$python" -m venv "$cache"
  "$cache/bin/pip" install --quiet --disable-pip-version-check -r "$1"
}

# jars POM copies what a pom names, and what that needs, into $cache.
jars() {
  need mvn maven
  mvn -q -B -Dstyle.color=never -f "$1" dependency:copy-dependencies -DoutputDirectory="$cache" "${@:2}"
}
