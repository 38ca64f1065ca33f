# A rung of the ladder: the folder parlance/NAME, with parlance/NAME.hpp if one header is to include it all; the target
# parlance::NAME, linking only the rungs below it. It is static, or shared where BUILD_SHARED_LIBS is set.
#
# LINK_PUBLIC is for what its headers use, LINK_PRIVATE for what its sources use, and PKG_CONFIG names the pkg-config
# modules of both, for those who build without CMake, and LIBRARIES those of them that have no such module. PRECOMPILE is for
# what most of its sources include beside the standard library.
function(parlance_rung name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BELOW" "LINK_PUBLIC;LINK_PRIVATE;PKG_CONFIG;LIBRARIES;PRECOMPILE")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/parlance/${name}/*.cpp ${PROJECT_SOURCE_DIR}/parlance/${name}/*.hpp)
  add_library(parlance_${name} STATIC ${sources})
  parlance_describe_rung(parlance_${name} ${name})
  if(PARLANCE_SHARED)  # which has the same objects
    set_target_properties(parlance_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  # Half of what a file costs to compile.
  target_precompile_headers(parlance_${name} PRIVATE
    <algorithm> <chrono> <coroutine> <functional> <map> <memory> <optional> <span> <string> <string_view> <system_error>
    <unordered_map> <vector> <fmt/core.h> ${arg_PRECOMPILE})
  target_link_libraries(parlance_${name} PUBLIC ${arg_LINK_PUBLIC} PRIVATE ${arg_LINK_PRIVATE} $<BUILD_INTERFACE:parlance_flags> $<BUILD_INTERFACE:parlance_fuzzed>)
  if(arg_BELOW)
    target_link_libraries(parlance_${name} PUBLIC parlance_${arg_BELOW})
    list(PREPEND arg_PKG_CONFIG parlance-${arg_BELOW})
  endif()
  if(PARLANCE_SHARED)
    parlance_shared_rung(${name} BELOW ${arg_BELOW} LINK_PUBLIC ${arg_LINK_PUBLIC} LINK_PRIVATE ${arg_LINK_PRIVATE})
  endif()
  if(BUILD_SHARED_LIBS)
    add_library(parlance::${name} ALIAS parlance_${name}_shared)
  else()
    add_library(parlance::${name} ALIAS parlance_${name})
  endif()
  if(PARLANCE_INSTALL)
    parlance_install_rung(${name} PKG_CONFIG ${arg_PKG_CONFIG} LIBRARIES ${arg_LIBRARIES})
  endif()
endfunction()

# What both forms of a rung have.
function(parlance_describe_rung target name)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME parlance-${name} LINKER_LANGUAGE CXX)
  target_compile_features(${target} PUBLIC cxx_std_23)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# The same objects as a shared library. Before 1.0 a minor version may break what was, so the SONAME has it.
function(parlance_shared_rung name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BELOW" "LINK_PUBLIC;LINK_PRIVATE")
  add_library(parlance_${name}_shared SHARED $<TARGET_OBJECTS:parlance_${name}>)
  parlance_describe_rung(parlance_${name}_shared ${name})
  set_target_properties(parlance_${name}_shared PROPERTIES
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} INSTALL_RPATH $ORIGIN)
  target_link_options(parlance_${name}_shared PRIVATE -Wl,-z,defs)
  # The libraries of others stay shared, too: the archives that the program links are not for that.
  set(private "")
  foreach(library IN LISTS arg_LINK_PRIVATE)
    if(library MATCHES "^PkgConfig::(.*)")
      set(library ${${CMAKE_MATCH_1}_LINK_LIBRARIES})
    endif()
    list(APPEND private ${library})
  endforeach()
  target_link_libraries(parlance_${name}_shared PUBLIC ${arg_LINK_PUBLIC} PRIVATE ${private})
  if(arg_BELOW)
    target_link_libraries(parlance_${name}_shared PUBLIC parlance_${arg_BELOW}_shared)
  endif()
endfunction()
