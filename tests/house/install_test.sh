#!/usr/bin/env bash
# install_test.sh SOURCE_DIR BUILD_DIR CMAKE CXX: what is installed can be used from outside the tree, found by CMake and by
# pkg-config, from a folder with a space in its name, and after it was moved there; so can the tree itself, with add_subdirectory.
# What was built without the chat, or with shared libraries, is tried as that.
set -euo pipefail
source=$1 build=$2 cmake=$3 cxx=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix="$work/a prefix"
libdir=$prefix/lib

fail() { echo "failed: $*" >&2; exit 1; }

"$cmake" --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$prefix"
rungs="io net http text" has_chat=
[[ ! -e $libdir/libparlance-chat.a ]] || rungs+=" chat" has_chat=yes

diff <(cd "$source" && for rung in $rungs; do find parlance -path "parlance/${rung}[./]*" -name '*.hpp'; done | sort) <(cd "$prefix/include" && find . -type f | sed 's,^./,,' | sort) ||
  fail "the installed headers are not those of the tree"
if grep -rlF -e "$source" -e "$work/first" "$prefix" --include='*.pc' --include='*.cmake'; then
  fail "these name the place they were built or installed at"
fi
if [[ $has_chat ]]; then
  "$prefix/bin/parlance" --help >/dev/null || fail "the installed program does not start"
  for page in parlance parlance-serve parlance-get parlance-completion; do
    [[ -s $prefix/share/man/man1/$page.1 ]] || fail "the manual page $page is not installed"
  done
fi
for document in LICENSE README.md docs/library.md; do
  [[ -s $prefix/share/doc/parlance/$document ]] || fail "$document is not installed"
done

# For each rung a program that includes every header of it, and is made to link every object of its library, so that what
# the library needs must be found.
for rung in $rungs; do
  (cd "$prefix/include" && find parlance -path "parlance/${rung}[./]*" -name '*.hpp' | sort | sed 's/.*/#include <&>/') >"$work/$rung.cpp"
  echo 'int main() {}' >>"$work/$rung.cpp"
done

cat >"$work/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES CXX)
find_package(parlance 0.1 REQUIRED)
foreach(rung IN LISTS RUNGS)
  add_executable(use_${rung} ${rung}.cpp)
  if(BUILD_SHARED_LIBS)
    target_link_libraries(use_${rung} PRIVATE parlance::${rung})
  else()
    target_link_libraries(use_${rung} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,parlance::${rung}>)
  endif()
endforeach()
foreach(file IN LISTS EXAMPLES)
  cmake_path(GET file STEM name)
  add_executable(example_${name} ${file})
  target_link_libraries(example_${name} PRIVATE parlance::http)
endforeach()
END
examples=$(find "$source/examples" -name '*.cpp' | sort)
"$cmake" -S "$work" -B "$work/build" -G Ninja --log-level=WARNING "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_PREFIX_PATH=$prefix" \
  "-DEXAMPLES=${examples//$'\n'/;}" "-DRUNGS=${rungs// /;}"
"$cmake" --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log" && fail "what CMake found does not build"; }
for rung in $rungs; do "$work/build/use_$rung" || fail "use_$rung does not run"; done

# Shared libraries, where there are any: with the version in their name, found beside one another wherever they are.
if [[ -e $libdir/libparlance-io.so ]]; then
  "$cmake" -S "$work" -B "$work/build_shared" -G Ninja --log-level=WARNING "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_PREFIX_PATH=$prefix" \
    -DBUILD_SHARED_LIBS=ON "-DRUNGS=${rungs// /;}" "-DEXAMPLES=$source/examples/client.cpp"
  "$cmake" --build "$work/build_shared" >"$work/log" 2>&1 || { cat "$work/log" && fail "it does not build with the shared libraries"; }
  for rung in $rungs; do
    readelf -d "$libdir/libparlance-$rung.so" | grep -qE "SONAME.*libparlance-$rung\.so\.[0-9]+\.[0-9]+\]" || fail "libparlance-$rung.so has no SONAME"
    "$work/build_shared/use_$rung" || fail "use_$rung does not run with the shared libraries"
  done
  ldd "$work/build_shared/example_client" | grep -qF "$libdir/libparlance-net.so." || fail "the example is not linked with libparlance-net.so"
fi

# A component asks for no more than it needs: here for what there is where pkg-config knows neither nghttp2 nor SQLite.
cat >"$work/pkg-config" <<'END'
#!/bin/sh
case "$*" in *nghttp2* | *sqlite3* | *libedit*) exit 1 ;; esac
exec pkg-config "$@"
END
chmod +x "$work/pkg-config"
# asks WORDS OF find_package: what CMake says is in $work/log.
asks() {
  mkdir -p "$work/asks"
  printf 'cmake_minimum_required(VERSION 3.25)\nproject(asks LANGUAGES CXX)\nfind_package(%s)\n' "$*" >"$work/asks/CMakeLists.txt"
  rm -rf "$work/asks/build"
  "$cmake" -S "$work/asks" -B "$work/asks/build" -G Ninja "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_PREFIX_PATH=$prefix" \
    "-DPKG_CONFIG_EXECUTABLE=$work/pkg-config" >"$work/log" 2>&1
}
asks Parlance REQUIRED COMPONENTS io net || { cat "$work/log" && fail "net asks for what it does not need"; }
! asks parlance REQUIRED COMPONENTS net http || fail "http does not ask for nghttp2"
grep -qF "pkg-config does not find libnghttp2" "$work/log" || { cat "$work/log" && fail "it is not told that nghttp2 is missing"; }
! asks parlance REQUIRED COMPONENTS net smtp || fail "there is a component smtp"
grep -qF "it has no component smtp" "$work/log" || { cat "$work/log" && fail "it is not told that there is no smtp"; }
asks parlance REQUIRED COMPONENTS net OPTIONAL_COMPONENTS smtp || { cat "$work/log" && fail "what is optional must be there"; }

# The tree in another's, and the tree without the chat, want none of what the chat and the program need.
mkdir "$work/above"
printf 'cmake_minimum_required(VERSION 3.25)\nproject(above LANGUAGES C CXX)\nadd_subdirectory("%s" parlance)\nadd_executable(mine "%s")\ntarget_link_libraries(mine PRIVATE parlance::net)\n' \
  "$source" "$source/examples/client.cpp" >"$work/above/CMakeLists.txt"
"$cmake" -S "$work/above" -B "$work/above/build" -G Ninja "-DCMAKE_CXX_COMPILER=$cxx" -DCMAKE_C_COMPILER=clang-19 >"$work/log" 2>&1 ||
  { cat "$work/log" && fail "it cannot be taken in with add_subdirectory"; }
"$cmake" --build "$work/above/build" --target help >"$work/log"
grep -q '^parlance_http:' "$work/log" || fail "add_subdirectory does not give the libraries"
if grep -E '^(parlance|[a-z_]*_test|example_.*|parlance_chat):' "$work/log"; then fail "add_subdirectory builds what nobody asked for"; fi
sed 's/\*nghttp2\* | //' "$work/pkg-config" >"$work/pkg-config.chat" && chmod +x "$work/pkg-config.chat"
"$cmake" -S "$source" -B "$work/without" -G Ninja "-DCMAKE_CXX_COMPILER=$cxx" -DCMAKE_C_COMPILER=clang-19 -DPARLANCE_CHAT=OFF -DPARLANCE_EXAMPLES=OFF \
  "-DPKG_CONFIG_EXECUTABLE=$work/pkg-config.chat" >"$work/log" 2>&1 || { cat "$work/log" && fail "without the chat it wants what the chat needs"; }

# Compilers that would build something wrong are refused by the headers, too.
if "$cxx" -std=c++23 -U__clang__ -ferror-limit=0 -fsyntax-only "-I$prefix/include" -include parlance/io/task.hpp -x c++ /dev/null 2>"$work/log"; then
  fail "GCC 12 is not refused"
fi
grep -qF "GCC before 14 miscompiles coroutines" "$work/log" || { cat "$work/log" && fail "it is not told why GCC 12 is refused"; }

# The flags are split as a shell would, since pkg-config quotes what has a space in it.
export PKG_CONFIG_PATH=$libdir/pkgconfig
flags=()
for rung in $rungs; do
  eval "flags=($(pkg-config --cflags --libs "parlance-$rung"))"
  whole=()
  [[ -e $libdir/libparlance-io.so ]] || whole=(-Wl,--whole-archive "$libdir/libparlance-$rung.a" -Wl,--no-whole-archive)
  "$cxx" -std=c++23 -o "$work/use_$rung" "$work/$rung.cpp" \
    "${whole[@]}" "${flags[@]}" "-Wl,-rpath,$libdir" ||
    fail "what pkg-config gave for parlance-$rung does not build: ${flags[*]}"
  "$work/use_$rung" || fail "use_$rung does not run"
  pkg-config --exists --static "parlance-$rung" || fail "pkg-config --static does not find what parlance-$rung requires"
done

# The smallest example, but for its address, says hello to a server that answers.
python3 -B -c '
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    server.settimeout(60)
    print(server.getsockname()[1], flush=True)
    caller = server.accept()[0]
    caller.sendall(b"heard " + caller.recv(100))
' >"$work/port" &
until [[ -s $work/port ]]; do
  kill -0 $! || fail "the server did not start"
  sleep 0.1
done
sed "s/localhost:8000/127.0.0.1:$(<"$work/port")/" "$source/examples/client.cpp" >"$work/client.cpp"
eval "flags=($(pkg-config --cflags --libs parlance-net))"
"$cxx" -std=c++23 -o "$work/client" "$work/client.cpp" "${flags[@]}" "-Wl,-rpath,$libdir" || fail "examples/client.cpp does not build"
[[ $("$work/client") == "heard hello" ]] || fail "examples/client.cpp does not get its answer"
