# parlance_manual_pages(OUT): docs/parlance.1, and a page for each verb, parlance-VERB(1), made of what that one says of it.
function(parlance_manual_pages out)
  set(whole ${PROJECT_SOURCE_DIR}/docs/parlance.1)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${whole})
  set(pages ${whole})
  file(READ ${whole} rest)
  string(FIND "${rest}" "\n.SH EXIT STATUS" end)
  string(SUBSTRING "${rest}" 0 ${end} rest)
  set(mark "\n.SS parlance ")
  string(LENGTH "${mark}" mark_length)
  string(FIND "${rest}" "${mark}" at)
  while(NOT at EQUAL -1)
    math(EXPR at "${at} + ${mark_length}")
    string(SUBSTRING "${rest}" ${at} -1 rest)
    string(FIND "${rest}" "${mark}" at)
    string(SUBSTRING "${rest}" 0 ${at} section)
    string(FIND "${section}" "\n" line_end)
    string(SUBSTRING "${section}" 0 ${line_end} usage)
    string(SUBSTRING "${section}" ${line_end} -1 text)
    string(REGEX MATCH "^[a-z]+" verb "${usage}")
    string(REGEX MATCH "^\n[^.:;,\n]+" summary "${text}")
    string(STRIP "${summary}" summary)
    string(TOUPPER ${verb} title)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/man/parlance-${verb}.1 @ONLY CONTENT
[[.TH PARLANCE\-@title@ 1 "" "parlance @PROJECT_VERSION@" "User Commands"
.SH NAME
parlance\-@verb@ \- @summary@
.SH SYNOPSIS
.B parlance @usage@
.SH DESCRIPTION@text@
.SH SEE ALSO
.BR parlance (1)
]])
    list(APPEND pages ${PROJECT_BINARY_DIR}/man/parlance-${verb}.1)
  endwhile()
  set(${out} ${pages} PARENT_SCOPE)
endfunction()
