# What `cmake --install` gives: the program, its page and what shells complete of it, each rung's headers and static library, and two ways to find them:
#
#   find_package(parlance REQUIRED)                           pkg-config --cflags --libs parlance-net
#   target_link_libraries(mine PRIVATE parlance::net)
#
# Nothing in it holds an absolute path, so the installed tree can be moved.
include(CMakePackageConfigHelpers)
set(parlance_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/parlance)
set(parlance_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# parlance_install_rung(NAME PKG_CONFIG MODULE... LIBRARIES NAME...)
#
# The modules are Requires rather than Requires.private: the libraries are static, and whoever links one needs what it uses.
function(parlance_install_rung name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PKG_CONFIG;LIBRARIES")
  install(TARGETS parlance_${name} EXPORT parlance ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/parlance/${name} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parlance
    FILES_MATCHING PATTERN *.hpp)
  install(FILES ${PROJECT_SOURCE_DIR}/parlance/${name}.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/parlance OPTIONAL)
  set(rung ${name})
  list(JOIN arg_PKG_CONFIG ", " requires)
  list(TRANSFORM arg_LIBRARIES PREPEND " -l" OUTPUT_VARIABLE libraries)
  list(JOIN libraries "" libraries)
  string(REGEX REPLACE "[^/]+" ".." up ${parlance_pkgconfig_dir})
  configure_file(${PROJECT_SOURCE_DIR}/cmake/parlance-rung.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/parlance-${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/pkgconfig/parlance-${name}.pc DESTINATION ${parlance_pkgconfig_dir})
endfunction()

# parlance_install_package(): after the rungs and the program.
function(parlance_install_package)
  install(TARGETS parlance RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/docs/parlance.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
  # Where the shells look for them.
  install(FILES ${PROJECT_BINARY_DIR}/completion.bash RENAME parlance
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${PROJECT_BINARY_DIR}/completion.zsh RENAME _parlance
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${PROJECT_BINARY_DIR}/completion.fish RENAME parlance.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  install(EXPORT parlance NAMESPACE parlance:: FILE parlance-targets.cmake DESTINATION ${parlance_package_dir})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/parlance-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES
    ${PROJECT_SOURCE_DIR}/cmake/parlance-config.cmake ${PROJECT_BINARY_DIR}/parlance-config-version.cmake
    DESTINATION ${parlance_package_dir})
endfunction()
