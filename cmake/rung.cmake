# A rung of the ladder: the folder parlance/NAME, with parlance/NAME.hpp if one header is to include it all; the target
# parlance::NAME, linking only the rungs below it.
#
# LINK_PUBLIC is for what its headers use, LINK_PRIVATE for what its sources use, and PKG_CONFIG names the pkg-config
# modules of both, for those who build without CMake, and LIBRARIES those of them that have no such module.
function(parlance_rung name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BELOW" "LINK_PUBLIC;LINK_PRIVATE;PKG_CONFIG;LIBRARIES")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/parlance/${name}/*.cpp ${PROJECT_SOURCE_DIR}/parlance/${name}/*.hpp)
  add_library(parlance_${name} STATIC ${sources})
  add_library(parlance::${name} ALIAS parlance_${name})
  set_target_properties(parlance_${name} PROPERTIES
    EXPORT_NAME ${name} OUTPUT_NAME parlance-${name} LINKER_LANGUAGE CXX)
  target_compile_features(parlance_${name} PUBLIC cxx_std_23)
  target_include_directories(parlance_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # A third of what a file costs to compile.
  target_precompile_headers(parlance_${name} PRIVATE
    <algorithm> <chrono> <coroutine> <functional> <map> <memory> <optional> <span> <string> <string_view> <system_error>
    <unordered_map> <vector> <fmt/core.h>)
  target_link_libraries(parlance_${name} PUBLIC ${arg_LINK_PUBLIC} PRIVATE ${arg_LINK_PRIVATE} $<BUILD_INTERFACE:parlance_flags> $<BUILD_INTERFACE:parlance_fuzzed>)
  if(arg_BELOW)
    target_link_libraries(parlance_${name} PUBLIC parlance::${arg_BELOW})
    list(PREPEND arg_PKG_CONFIG parlance-${arg_BELOW})
  endif()
  parlance_install_rung(${name} PKG_CONFIG ${arg_PKG_CONFIG} LIBRARIES ${arg_LIBRARIES})
endfunction()
