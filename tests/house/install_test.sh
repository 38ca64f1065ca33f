#!/usr/bin/env bash
# install_test.sh SOURCE_DIR BUILD_DIR CMAKE CXX: what is installed can be used from outside the tree, found by CMake and by
# pkg-config, from a folder with a space in its name, and after it was moved there.
set -euo pipefail
source=$1 build=$2 cmake=$3 cxx=$4
rungs="io net http text chat"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix="$work/a prefix"
libdir=$prefix/lib

fail() { echo "failed: $*" >&2; exit 1; }

"$cmake" --install "$build" --prefix "$work/first" >/dev/null
mv "$work/first" "$prefix"

diff <(cd "$source" && find parlance -name '*.hpp' | sort) <(cd "$prefix/include" && find . -type f | sed 's,^./,,' | sort) ||
  fail "the installed headers are not those of the tree"
if grep -rlF -e "$source" -e "$work/first" "$prefix" --include='*.pc' --include='*.cmake'; then
  fail "these name the place they were built or installed at"
fi
"$prefix/bin/parlance" --help >/dev/null || fail "the installed program does not start"
[[ -s $prefix/share/man/man1/parlance.1 ]] || fail "the manual page is not installed"

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
foreach(rung io net http text chat)
  add_executable(use_${rung} ${rung}.cpp)
  target_link_libraries(use_${rung} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,parlance::${rung}>)
endforeach()
foreach(file IN LISTS EXAMPLES)
  cmake_path(GET file STEM name)
  add_executable(example_${name} ${file})
  target_link_libraries(example_${name} PRIVATE parlance::http)
endforeach()
END
examples=$(find "$source/examples" -name '*.cpp' | sort)
"$cmake" -S "$work" -B "$work/build" -G Ninja --log-level=WARNING "-DCMAKE_CXX_COMPILER=$cxx" "-DCMAKE_PREFIX_PATH=$prefix" \
  "-DEXAMPLES=${examples//$'\n'/;}"
"$cmake" --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log" && fail "what CMake found does not build"; }
for rung in $rungs; do "$work/build/use_$rung" || fail "use_$rung does not run"; done

# The flags are split as a shell would, since pkg-config quotes what has a space in it.
export PKG_CONFIG_PATH=$libdir/pkgconfig
flags=()
for rung in $rungs; do
  eval "flags=($(pkg-config --cflags --libs "parlance-$rung"))"
  "$cxx" -std=c++23 -o "$work/use_$rung" "$work/$rung.cpp" \
    -Wl,--whole-archive "$libdir/libparlance-$rung.a" -Wl,--no-whole-archive "${flags[@]}" ||
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
"$cxx" -std=c++23 -o "$work/client" "$work/client.cpp" "${flags[@]}" || fail "examples/client.cpp does not build"
[[ $("$work/client") == "heard hello" ]] || fail "examples/client.cpp does not get its answer"
