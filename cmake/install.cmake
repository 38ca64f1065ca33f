# What `cmake --install` gives: the program, its pages of the manual and what shells complete of it, what a service manager wants,
# each rung's headers and libraries, documents, and two ways to find the libraries:
#
#   find_package(parlance REQUIRED COMPONENTS net)            pkg-config --cflags --libs parlance-net
#   target_link_libraries(mine PRIVATE parlance::net)
#
# Nothing in it holds an absolute path, so the installed tree can be moved. Its components are the packages of cmake/package.cmake:
# program, libraries (the shared ones) and development.
include(CMakePackageConfigHelpers)
set(parlance_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/parlance)
set(parlance_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# parlance_install_rung(NAME PKG_CONFIG MODULE... LIBRARIES NAME...)
#
# Where there are static libraries alone, the modules are Requires rather than Requires.private: whoever links one needs what
# it uses. Of shared ones only what the headers use is.
function(parlance_install_rung name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PKG_CONFIG;LIBRARIES")
  install(TARGETS parlance_${name} EXPORT parlance-static ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/parlance/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parlance COMPONENT development
    FILES_MATCHING PATTERN *.hpp)
  install(FILES ${PROJECT_SOURCE_DIR}/parlance/${name}.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parlance COMPONENT development OPTIONAL)
  if(PARLANCE_SHARED)
    install(TARGETS parlance_${name}_shared EXPORT parlance-shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
      COMPONENT libraries NAMELINK_COMPONENT development)
  endif()
  set_property(GLOBAL APPEND PROPERTY parlance_rungs ${name})
  set(rung ${name})
  set(requires ${arg_PKG_CONFIG})
  list(FILTER requires INCLUDE REGEX "^(parlance-.*|fmt)$")
  list(REMOVE_ITEM arg_PKG_CONFIG ${requires})
  set(requires_private ${arg_PKG_CONFIG})
  list(TRANSFORM arg_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE libraries_private)
  set(libraries "")
  if(NOT PARLANCE_SHARED)
    list(APPEND requires ${requires_private})
    set(requires_private "")
    set(libraries ${libraries_private})
    set(libraries_private "")
  endif()
  list(JOIN requires ", " requires)
  list(JOIN requires_private ", " requires_private)
  list(JOIN libraries " " libraries)
  list(JOIN libraries_private " " libraries_private)
  string(REGEX REPLACE "[^/]+" ".." up ${parlance_pkgconfig_dir})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/parlance-rung.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/parlance-${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/parlance-${name}.pc DESTINATION ${parlance_pkgconfig_dir} COMPONENT development)
endfunction()

# The program, for those who type its name, and those who run it as a service.
function(parlance_install_program)
  install(TARGETS parlance RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  parlance_manual_pages(pages)
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT program
    PATTERN debian EXCLUDE)
  # Where the shells look for them.
  install(FILES ${PROJECT_BINARY_DIR}/completion.bash RENAME parlance
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
  install(FILES ${PROJECT_BINARY_DIR}/completion.zsh RENAME _parlance
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
  install(FILES ${PROJECT_BINARY_DIR}/completion.fish RENAME parlance.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
endfunction()

# parlance_install_package(): after the rungs and the program.
function(parlance_install_package)
  if(PARLANCE_CHAT)
    parlance_install_program()
    set(documents program)
  else()
    set(documents development)
  endif()
  install(FILES LICENSE README.md CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT ${documents})
  install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT ${documents} PATTERN *.1 EXCLUDE PATTERN *.sed EXCLUDE PATTERN *.in EXCLUDE)
  install(EXPORT parlance-static NAMESPACE parlance:: DESTINATION ${parlance_package_dir} COMPONENT development)
  if(PARLANCE_SHARED)
    install(EXPORT parlance-shared NAMESPACE parlance:: DESTINATION ${parlance_package_dir} COMPONENT development)
  endif()
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/parlance-config-version.cmake COMPATIBILITY SameMinorVersion)
  get_property(parlance_rungs GLOBAL PROPERTY parlance_rungs)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/parlance-config.cmake.in ${PROJECT_BINARY_DIR}/parlance-config.cmake @ONLY)
  install(FILES
    ${PROJECT_BINARY_DIR}/parlance-config.cmake ${PROJECT_BINARY_DIR}/parlance-config-version.cmake
    DESTINATION ${parlance_package_dir} COMPONENT development)
endfunction()
