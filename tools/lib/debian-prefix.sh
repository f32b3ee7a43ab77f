# debian-prefix.sh - unpacks Debian packages into a private folder; sourced by setup-emscripten.sh.
#
# Nothing is installed: a second apt with its own state, its own sources and no root reads one Debian suite,
# checks every package against Debian's archive keys, and the files are unpacked below one folder. Programs are
# re-pointed (patchelf) at the C library of the same suite, so they run on an older host. A folder made this way
# cannot be moved, because the programs name it.
#
# Expects from its caller: log, die.

APT_HOME=            # the private apt's folder, set by apt_open
LIB=usr/lib/x86_64-linux-gnu

# apt_open FOLDER SUITE: makes a private apt in FOLDER and reads SUITE's package lists.
apt_open() {
  local suite=$2 mirror keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
  APT_HOME=$1
  [ -r "$keyring" ] || die "no Debian archive keyring at $keyring (package debian-archive-keyring, or set DEBIAN_KEYRING)"
  # The mirror is the one that this machine's own apt uses.
  mirror=${DEBIAN_MIRROR:-$(apt-get --print-uris update 2>/dev/null | sed -n "s,^'\(.*/debian\)/*dists/.*,\1,p" | sed -n 1p || true)}
  [ -n "$mirror" ] || die "cannot tell this machine's Debian mirror from apt; set DEBIAN_MIRROR to the URL of one"

  rm -rf "$APT_HOME"
  mkdir -p "$APT_HOME"/etc/{apt.conf.d,preferences.d,sources.list.d} "$APT_HOME"/state/lists/partial "$APT_HOME"/cache/archives/partial
  : > "$APT_HOME/status"
  cat > "$APT_HOME/etc/sources.list.d/suite.sources" <<SOURCES
Types: deb deb-src
URIs: $mirror
Suites: $suite
Components: main
Architectures: amd64
Signed-By: $keyring
SOURCES
  cat > "$APT_HOME/apt.conf" <<CONF
Dir::Etc "$APT_HOME/etc";
Dir::State "$APT_HOME/state";
Dir::State::status "$APT_HOME/status";
Dir::Cache "$APT_HOME/cache";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Acquire::AllowInsecureRepositories "false";
APT::Get::AllowUnauthenticated "false";
CONF
  export APT_CONFIG=$APT_HOME/apt.conf
  log "reading Debian $suite's package lists"
  apt_update && return
  # A mirror that is a frozen copy serves a list past its Valid-Until. Only the age check is waived, only for
  # this private apt; the signature is still checked.
  grep -q 'is expired' "$APT_HOME/log" || { cat "$APT_HOME/log" >&2; die "cannot read the package lists of Debian $suite"; }
  log "note: this mirror's $suite is past its Valid-Until date; signatures are still checked"
  echo 'Acquire::Check-Valid-Until "false";' >> "$APT_HOME/apt.conf"
  apt_update || { cat "$APT_HOME/log" >&2; die "cannot read the package lists of Debian $suite"; }
}

apt_update() { apt-get -qq -o APT::Update::Error-Mode=any update > "$APT_HOME/log" 2>&1; }

# depends PACKAGE: the names it depends on, first alternatives only.
depends() {
  apt-cache show --no-all-versions "$1" 2>/dev/null | sed -n 's/^Depends: //p' | tr ',' '\n' |
    sed 's/|.*//; s/(.*//; s/:any//; s/ //g'
}

# with_libraries PACKAGE...: the packages and, transitively, the shared libraries that they depend on.
with_libraries() {
  local known=" " queue="$*" next package dependency
  while [ -n "$queue" ]; do
    next=
    for package in $queue; do
      case $known in *" $package "*) continue ;; esac
      known="$known$package "
      case $package in emscripten | node-acorn | *-dev) continue ;; esac # they run on the host's Python and Node
      for dependency in $(depends "$package"); do
        case $dependency in
          lib*-dev | libobjc-* | libclang1-* | libcurl* | libpfm* | libpython* | libjs-*) ;; # not needed by the tools kept
          lib* | zlib1g) next="$next $dependency" ;;
        esac
      done
    done
    queue=$next
  done
  echo "$known"
}

# apt_download FOLDER PACKAGE...: fetches and checks .deb files; a file already there and whole is kept.
apt_download() {
  local folder=$1; shift
  mkdir -p "$folder"
  (cd "$folder" && apt-get -qq download "$@") > "$APT_HOME/log" 2>&1 || { cat "$APT_HOME/log" >&2; die "download failed: $*"; }
}

# apt_download_source FOLDER PACKAGE: fetches and checks a source package's tarballs.
apt_download_source() {
  mkdir -p "$1"
  (cd "$1" && apt-get -qq source --download-only "$2") > "$APT_HOME/log" 2>&1 || { cat "$APT_HOME/log" >&2; die "download failed: source of $2"; }
}

# unpack_debs FROM INTO
unpack_debs() {
  local deb
  for deb in "$1"/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$2" --no-same-owner \
      --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/locale' --exclude='./usr/share/lintian' \
      --exclude='*/gconv/*' --exclude='*/llvm-exegesis' --exclude='./usr/lib/llvm*/*.a' --exclude="./$LIB/*.a" --exclude='./etc' ||
      die "cannot unpack $(basename "$deb")"
  done
}

is_elf() { [ -f "$1" ] && [ ! -L "$1" ] && [ "$(head -c4 "$1" | tail -c3)" = ELF ]; }

# repoint NEW FINAL FILE...: makes programs unpacked in NEW use the C library that will lie in FINAL.
repoint() {
  local new=$1 final=$2 file loader missing; shift 2
  loader=$new/$LIB/ld-linux-x86-64.so.2
  [ -e "$loader" ] || die "the suite's C library has no $LIB/ld-linux-x86-64.so.2"
  for file in "$@"; do
    is_elf "$file" || continue
    # Every library must come from the private copy, none from the host.
    missing=$("$loader" --library-path "$new/$LIB" --list "$file" 2>&1 |
      grep -v -e linux-vdso -e "=> $new/" -e 'ld-linux-x86-64.so.2' || true)
    [ -z "$missing" ] || die "${file##*/} needs a library that was not fetched: $missing"
    patchelf_of "$new" --set-interpreter "$final/$LIB/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$final/$LIB" "$file" ||
      die "patchelf failed on $file"
  done
  for file in "$new/$LIB"/{libLLVM.so.*,libclang-cpp.so.*,libbinaryen.so}; do
    is_elf "$file" && patchelf_of "$new" --remove-rpath "$file"
  done
  return 0
}

patchelf_of() {
  local new=$1; shift
  "$new/$LIB/ld-linux-x86-64.so.2" --library-path "$new/$LIB" "$new/usr/bin/patchelf" "$@"
}
