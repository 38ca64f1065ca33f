# Debian packages, by CPack in a build of the preset `package`; scripts/package.sh makes them.
#
#   parlance            the program, its units for systemd, /etc/parlance/parlance.toml
#   libparlanceX.Y      the shared libraries
#   libparlance-dev     headers, static libraries, files for CMake and pkg-config
set(parlance_debian ${PROJECT_SOURCE_DIR}/deploy/debian)
set(parlance_libraries libparlance${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # cpack takes what was built
set(CPACK_GENERATOR DEB)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PACKAGE_NAME parlance)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each has its own
set(CPACK_PACKAGE_CONTACT "Parlance maintainers <maintainers@parlance.example>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL program development)
# What Debian wants to be elsewhere, compressed, or there at all.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian_layout.cmake)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SOURCE parlance)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME parlance)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# Loaded when it is needed (parlance/chat/base/unicode_library.hpp, parlance/http/url/domain.hpp), so that dpkg-shlibdeps does not see it.
string(REGEX MATCH "^[0-9]+" parlance_icu "${icu-i18n_VERSION}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "init-system-helpers (>= 1.54~), libicu${parlance_icu}")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
  ${parlance_debian}/postinst ${parlance_debian}/prerm ${parlance_debian}/postrm ${parlance_debian}/conffiles)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "chat server and client, line between two ends, and HTTP client
One program, one verb for each thing that it does: a chat on one port for
browsers, IRC clients and nc, its client for the terminal, a line between
two ends as nc and socat have it, and an HTTP client.

The chat is not started by being installed.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libparlance-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
# Of the static libraries, and of the headers.
set(needs libbrotli-dev libfmt-dev libicu-dev libidn-dev libnghttp2-dev libpsl-dev libre2-dev libsodium-dev libsqlite3-dev libssl-dev
  liburing-dev libwslay-dev libzstd-dev nlohmann-json3-dev zlib1g-dev)
list(JOIN needs ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "sockets that speak, for C++ (development files)
Sockets, TLS, HTTP and a chat for C++23, in coroutines and plain programs,
on io_uring, epoll or a simulation.

Headers, static libraries, and files for CMake and pkg-config.")

if(PARLANCE_SHARED)
  list(APPEND CPACK_COMPONENTS_ALL libraries)
  set(CPACK_DEBIAN_LIBRARIES_PACKAGE_NAME ${parlance_libraries})
  set(CPACK_DEBIAN_LIBRARIES_PACKAGE_SECTION libs)
  set(CPACK_DEBIAN_LIBRARIES_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_LIBRARIES_PACKAGE_DEPENDS "libicu${parlance_icu}")
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
  set(CPACK_DEBIAN_LIBRARIES_PACKAGE_CONTROL_EXTRA ${parlance_debian}/triggers)
  set(CPACK_DEBIAN_LIBRARIES_DESCRIPTION "sockets that speak, for C++ (shared libraries)
Sockets, TLS, HTTP and a chat for C++23, in coroutines and plain programs,
on io_uring, epoll or a simulation.

The shared libraries.")
  string(PREPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "${parlance_libraries} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), ")
endif()
include(CPack)
