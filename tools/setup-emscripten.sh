#!/usr/bin/env bash
# setup-emscripten.sh - gets what the C++ build needs and this machine lacks, without touching the system.
#
#   tools/setup-emscripten.sh                 set up (a no-op when done) and write build/toolchain.cmake
#   eval "$(tools/setup-emscripten.sh --env)" the same, and put emcc on this shell's PATH
#
# What it gets: Emscripten (unless $EMSDK or an `emcc` on PATH is new enough: then that is used as it is),
# ninja, clang-format, nlohmann/json and Catch2's sources. All come from Debian testing, checked against Debian's archive
# keys, and are unpacked into one cache folder; the private copies are named, with SHA-256, in its PACKAGES file.
#
#   AGENTLATTICE_CACHE   the cache folder; default ${XDG_CACHE_HOME:-~/.cache}/agentlattice
#   DEBIAN_MIRROR        default: the mirror that this machine's apt uses
#   DEBIAN_KEYRING       default: the one of package debian-archive-keyring
#
# Needs: x86-64 Linux with apt-get and dpkg-deb, python3 >= 3.10, node >= 20. No root.
set -euo pipefail
export LC_ALL=C
unset CDPATH TAPE GREP_OPTIONS APT_CONFIG

SUITE=forky
EMSCRIPTEN_MIN=6.0.0
LAYOUT=2 # bump when the prefix is laid out differently
PREFIX_BYTES_KIB=1500000

HOUSE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${AGENTLATTICE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentlattice}
PREFIX=$CACHE/toolchain
DOWNLOADS=$CACHE/downloads # kept until a setup is complete, so that an interrupted one goes on where it was
NEW=$PREFIX.partial

log() { printf 'toolchain: [%3ds] %s\n' "$SECONDS" "$*" >&2; }
die() { printf 'toolchain: error: %s\n' "$*" >&2; exit 1; }
# shellcheck source=lib/debian-prefix.sh
. "$HOUSE/tools/lib/debian-prefix.sh"

main() {
  local mode=${1:-}
  case $mode in
    '' | --env) ;;
    -h | --help) sed -n '2,16s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "unknown option $mode" ;;
  esac

  local host_emcc parts
  host_emcc=$(find_host_emcc)
  parts=$([ -n "$host_emcc" ] && echo libraries || echo emscripten,libraries)

  mkdir -p "$CACHE"
  if ! is_ready "$parts"; then
    exec 9> "$CACHE/lock"
    flock -n 9 || { log "waiting for another setup of $CACHE"; flock -w 1800 9 || die "another setup holds $CACHE/lock"; }
    is_ready "$parts" || make_prefix "$parts"
    exec 9>&-
  fi

  local emcc=${host_emcc:-$PREFIX/usr/bin/emcc}
  write_cmake_file "$(dirname "$(readlink -f "$emcc")")"
  [ "$mode" = --env ] && print_environment "$emcc"
  return 0
}

# The emcc of $EMSDK or PATH, when new enough; otherwise nothing.
find_host_emcc() {
  local emcc version
  for emcc in "${EMSDK:+$EMSDK/upstream/emscripten/emcc}" "$(command -v emcc || true)"; do
    [ -n "$emcc" ] && [ -x "$emcc" ] && [ "$(readlink -f "$emcc")" != "$(readlink -f "$PREFIX/usr/bin/emcc")" ] || continue
    version=$(emcc_version "$emcc")
    if [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$EMSCRIPTEN_MIN" "$version" | sort -V | head -n1)" = "$EMSCRIPTEN_MIN" ]; then
      log "using $emcc ($version)"
      echo "$emcc"
      return
    fi
    log "ignoring $emcc: version ${version:-unknown}, $EMSCRIPTEN_MIN is the oldest that will do"
  done
}

emcc_version() { "$1" --version 2>/dev/null | sed -n '1s/.* \([0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*\).*/\1/p'; }

stamp() { echo "layout=$LAYOUT suite=$SUITE parts=$1 prefix=$PREFIX"; }

# A prefix that holds Emscripten also serves a machine that has its own.
is_ready() {
  local line
  read -r line 2>/dev/null < "$PREFIX/STAMP" || return 1
  [ "$line" = "$(stamp "$1")" ] || [ "$line" = "$(stamp emscripten,libraries)" ]
}

make_prefix() {
  check_host
  rm -rf "$NEW"
  mkdir -p "$NEW"
  apt_open "$CACHE/apt" "$SUITE"

  # Emscripten names the clang that it works with; clang-format is taken from the same one.
  local clang packages
  clang=$(depends emscripten | sed -n 's/^clang-\([0-9]*\)$/\1/p')
  [ -n "$clang" ] || die "cannot tell which clang $SUITE's emscripten wants"
  packages="nlohmann-json3-dev ninja-build patchelf clang-format-$clang"
  case $1 in emscripten,*) packages="$packages emscripten binaryen clang-$clang lld-$clang llvm-$clang libclang-common-$clang-dev node-acorn" ;; esac
  packages=$(with_libraries $packages)

  log "fetching $(echo $packages | wc -w) packages and Catch2's source into $CACHE"
  apt_download "$DOWNLOADS/deb" $packages
  apt_download_source "$DOWNLOADS/source" catch2

  log "unpacking $(du -cm "$DOWNLOADS"/*/* | tail -n1 | cut -f1) MB"
  unpack_debs "$DOWNLOADS/deb" "$NEW"
  unpack_libraries
  (cd "$DOWNLOADS" && sha256sum -- deb/*.deb source/*.tar.* | sed 's/%3a/:/') > "$NEW/PACKAGES"

  keep_only_used_tools "$NEW/usr/lib/llvm-$clang/bin"
  repoint "$NEW" "$PREFIX" "$NEW/usr/lib/llvm-$clang/bin"/* "$NEW"/usr/bin/{ninja,wasm*}
  case $1 in emscripten,*) configure_emscripten "$clang" ;; esac

  rm -rf "$PREFIX"
  mv "$NEW" "$PREFIX" # the programs name $PREFIX: they run from here on
  case $1 in emscripten,*) try_emscripten ;; esac
  "$PREFIX/usr/bin/ninja" --version > /dev/null || die "the unpacked ninja does not work"
  "$PREFIX/usr/bin/clang-format-$clang" --version > /dev/null || die "the unpacked clang-format does not work"
  ln -sf "clang-format-$clang" "$PREFIX/usr/bin/clang-format"
  stamp "$1" > "$PREFIX/STAMP"
  rm -rf "$DOWNLOADS" "$CACHE/apt"
  log "ready: $PREFIX"
}

check_host() {
  local tool kib
  [ "$(uname -sm)" = "Linux x86_64" ] && command -v apt-get > /dev/null ||
    die "private copies are for x86-64 Debian and its kin only; elsewhere install emsdk, nlohmann-json and Catch2 3 yourself (see cmake/third_party.cmake)"
  for tool in apt-cache dpkg-deb flock python3 node tar sha256sum; do
    command -v $tool > /dev/null || die "'$tool' is needed"
  done
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || die "python3 is $(python3 -V | cut -d' ' -f2); Emscripten needs 3.10 or newer"
  kib=$(df -Pk "$CACHE" | awk 'NR==2{print $4}')
  [ "$kib" -gt "$PREFIX_BYTES_KIB" ] || die "$CACHE has $((kib / 1024)) MiB free; $((PREFIX_BYTES_KIB / 1024)) MiB are needed"
}

# What the native build takes from here lies apart from usr/, whose headers belong to another system's C library.
unpack_libraries() {
  mkdir -p "$NEW/include"
  mv "$NEW/usr/include/nlohmann" "$NEW/include/"
  mkdir -p "$NEW/catch2"
  tar -x -C "$NEW/catch2" --no-same-owner --strip-components=1 -f "$(echo "$DOWNLOADS"/source/catch2_*.orig.tar.*)"
  [ -f "$NEW/catch2/extras/catch_amalgamated.cpp" ] || die "Catch2's source package has no amalgamated sources"
}

# The LLVM packages bring 700 MB of programs; these are the ones that emcc and the format check run.
keep_only_used_tools() {
  local file keep=" clang clang-format lld llvm-ar llvm-cxxfilt llvm-dwp llvm-nm llvm-objcopy llvm-readobj llvm-size llvm-strings clang-scan-deps "
  for file in "$1"/*; do
    [ -L "$file" ] || case $keep in *" ${file##*/} "*) ;; *) rm -f "$file" ;; esac
  done
  for file in "$1"/* "$NEW"/usr/bin/*; do
    if [ -L "$file" ] && [ ! -e "$file" ]; then rm -f "$file"; fi
  done
}

configure_emscripten() {
  local emscripten=$NEW/usr/share/emscripten
  # ES modules ignore NODE_PATH, and only Debian's own node looks in /usr/share/nodejs: acorn goes beside emcc.
  mv "$NEW/usr/share/nodejs" "$emscripten/node_modules"
  cat > "$emscripten/.emscripten" <<CONFIG
import shutil as _shutil
LLVM_ROOT = '$PREFIX/usr/lib/llvm-$1/bin'
BINARYEN_ROOT = '$PREFIX/usr'
NODE_JS = _shutil.which('node') or '$(readlink -f "$(command -v node)")'
CACHE = '$PREFIX/cache'
CONFIG
}

# Proves that the unpacked compiler works, and builds the system libraries that cmake/wasm_module.cmake's flags choose.
try_emscripten() {
  local scratch
  log "compiling a first program (builds Emscripten's system libraries)"
  scratch=$(mktemp -d)
  cat > "$scratch/first.cc" <<'CPP'
#include <emscripten/bind.h>
#include <string>
static std::string greet(std::string name) { return "wasm-" + name; }
EMSCRIPTEN_BINDINGS(first) { emscripten::function("greet", &greet); }
CPP
  (unset EM_CONFIG EM_CACHE; cd "$scratch" && "$PREFIX/usr/bin/em++" -std=c++20 -O2 -flto -fno-exceptions -fno-rtti \
    -DEMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0 -sMALLOC=emmalloc -sALLOW_MEMORY_GROWTH -sFETCH -sFETCH_STREAMING=1 \
    -sFETCH_SUPPORT_INDEXEDDB=0 -lwebsocket.js -lembind -sMODULARIZE first.cc -o first.cjs) > "$scratch/log" 2>&1 ||
    { tail -n 30 "$scratch/log" >&2; rm -rf "$scratch"; die "the unpacked emcc does not work"; }
  [ "$(node -p "require('$scratch/first.cjs')().then(m => console.log(m.greet('ok'))), ''" | tail -n1)" = wasm-ok ] ||
    { rm -rf "$scratch"; die "the first compiled program does not run"; }
  rm -rf "$scratch"
}

# Tells CMake where things are; rewritten only when that changes, so that builds stay up to date.
write_cmake_file() {
  local file=$HOUSE/build/toolchain.cmake text
  text="# Written by tools/setup-emscripten.sh.
set(AGENTLATTICE_TOOLCHAIN \"$PREFIX\")
set(AGENTLATTICE_EMSCRIPTEN_ROOT \"$1\")"
  [ "$(cat "$file" 2>/dev/null)" = "$text" ] && return
  mkdir -p "$HOUSE/build"
  printf '%s\n' "$text" > "$file.$$"
  mv "$file.$$" "$file"
}

print_environment() {
  printf 'export PATH=%q:%q:"$PATH" CMAKE_GENERATOR=Ninja\n' "$(dirname "$1")" "$PREFIX/usr/bin"
  [ "$1" != "$PREFIX/usr/bin/emcc" ] || printf 'unset EM_CONFIG EM_CACHE EMSDK_PYTHON\n'
}

main "$@"
