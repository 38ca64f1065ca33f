# The target `reference`: HTML of what the headers say that <parlance/io.hpp>, <parlance/net.hpp> and <parlance/http.hpp> include, and of
# the pages in docs, by Doxygen where it is installed, in the build's folder `reference`. A comment that it cannot make sense of is an error.
find_program(PARLANCE_DOXYGEN doxygen)
mark_as_advanced(PARLANCE_DOXYGEN)
if(NOT PARLANCE_DOXYGEN)
  return()
endif()
foreach(all IN ITEMS io net http)
  file(STRINGS ${PROJECT_SOURCE_DIR}/parlance/${all}.hpp included REGEX "^#include <parlance/")
  list(TRANSFORM included REPLACE "^#include <(.*)>.*$" "\\1")
  list(APPEND reference_of ${included})
endforeach()
file(GLOB pages RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS docs/*.md bench/README.md)
list(APPEND reference_of ${pages})
list(JOIN reference_of " " reference_of)
set(reference_folder ${PROJECT_BINARY_DIR}/reference)
# Doxygen 1.9 cannot refer to a page whose path has a space in it.
if(PROJECT_SOURCE_DIR MATCHES " ")
  set(filter_of_pages "*.md=\"sed -E -f docs/unlinked.sed\"")
endif()
configure_file(docs/Doxyfile.in Doxyfile @ONLY)
add_custom_target(reference
  COMMAND ${PARLANCE_DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Making the reference: ${reference_folder}/index.html" VERBATIM)
