# One interface target holds the flags of our own code; what we install does not force them on others.
add_library(parlance_flags INTERFACE)
target_compile_options(parlance_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion $<$<CXX_COMPILER_ID:Clang>:-Wnon-virtual-dtor> -Wold-style-cast
  $<$<BOOL:${PROJECT_IS_TOP_LEVEL}>:-Werror>  # others' compilers know other warnings
  -fno-omit-frame-pointer)
# What reads beside a vector says so, where tests run.
target_compile_definitions(parlance_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(PARLANCE_SANITIZE)
  target_compile_options(parlance_flags INTERFACE -fsanitize=${PARLANCE_SANITIZE} -fno-sanitize-recover=all)
  # At a fixed address half a million places of what sanitizers know need not be put right at each start.
  target_link_options(parlance_flags INTERFACE -fsanitize=${PARLANCE_SANITIZE} -no-pie)
endif()
# For what steers a fuzzer by what it runs: the rungs, and the fuzz targets.
add_library(parlance_fuzzed INTERFACE)
if(PARLANCE_FUZZ)
  target_compile_options(parlance_fuzzed INTERFACE -fsanitize=fuzzer-no-link)
endif()
# For what stands around what is tested: not optimised it takes half as long to compile.
add_library(parlance_quick INTERFACE)
target_link_libraries(parlance_quick INTERFACE parlance_flags)
target_compile_options(parlance_quick INTERFACE -O0)
