# CPack calls this when what a package holds has been laid out, one folder for each package.
set(source ${CMAKE_CURRENT_LIST_DIR}/..)
set(debian ${source}/deploy/debian)
string(TIMESTAMP when "%a, %d %b %Y %H:%M:%S +0000" UTC)  # of $SOURCE_DATE_EPOCH, where that is set
set(version ${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})

function(compress file)
  execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(component IN LISTS CPACK_COMPONENTS_ALL)
  set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/${component})
  string(TOUPPER ${component} name)
  set(documents ${root}/usr/share/doc/${CPACK_DEBIAN_${name}_PACKAGE_NAME})
  file(MAKE_DIRECTORY ${documents})
  file(COPY ${debian}/copyright DESTINATION ${documents})
  file(WRITE ${documents}/changelog.Debian "parlance (${version}) unstable; urgency=medium

  * The release ${CPACK_PACKAGE_VERSION}. The package parlance tells what it brings.

 -- ${CPACK_PACKAGE_CONTACT}  ${when}
")
  compress(${documents}/changelog.Debian)
  file(GLOB pages ${root}/usr/share/man/*/*)
  foreach(page IN LISTS pages)
    compress(${page})
  endforeach()
  if(component STREQUAL "program")
    file(REMOVE ${documents}/LICENSE)  # it is in copyright
    file(RENAME ${documents}/CHANGELOG.md ${documents}/changelog)
    compress(${documents}/changelog)
    file(COPY ${debian}/parlance.toml DESTINATION ${root}/etc/parlance)
    file(COPY ${source}/deploy/parlance.service ${source}/deploy/parlance.socket DESTINATION ${root}/usr/lib/systemd/system)
    file(REMOVE_RECURSE ${documents}/examples)  # of those units
  endif()
endforeach()
