# parlance_web_page(TARGET): puts the page that browsers are shown into a library, compressed, with a table of its files
# (parlance/chat/web/page_files.hpp). With PARLANCE_WEB=OFF the table is empty.
#
# What it puts there is web/made, which is committed: who builds the program needs neither node nor npm's registry, and gets
# the very bytes that were tested. The target `page` makes it anew from web/ (node, npm); a test tells when that is due.
option(PARLANCE_WEB "Put the page for browsers into the program" ON)

function(parlance_web_page target)
  set(made ${PROJECT_SOURCE_DIR}/web/made)
  set(out ${PROJECT_BINARY_DIR}/web)
  set(table "")
  set(contents "")
  if(PARLANCE_WEB)
    find_program(PARLANCE_BROTLI brotli)
    find_program(PARLANCE_GZIP gzip)
    if(NOT PARLANCE_BROTLI OR NOT PARLANCE_GZIP)
      message(FATAL_ERROR "brotli or gzip is missing, which compress the page for browsers: apt-get install brotli gzip, or -D PARLANCE_WEB=OFF")
    endif()
    file(GLOB files CONFIGURE_DEPENDS ${made}/*)
    foreach(file IN LISTS files)
      set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
      cmake_path(GET file FILENAME name)
      cmake_path(GET file EXTENSION LAST_ONLY kind)
      file(SHA256 ${file} hash)
      set(copy ${out}/${hash})
      if(NOT EXISTS ${copy}.br)
        file(MAKE_DIRECTORY ${out})
        execute_process(COMMAND ${PARLANCE_GZIP} -9nc ${file} OUTPUT_FILE ${copy}.gz COMMAND_ERROR_IS_FATAL ANY)
        execute_process(COMMAND ${PARLANCE_BROTLI} --force --best --output=${copy}.br ${file} COMMAND_ERROR_IS_FATAL ANY)
      endif()
      if(kind STREQUAL ".html")
        set(type "text/html; charset=utf-8")
      elseif(kind STREQUAL ".js")
        set(type "text/javascript; charset=utf-8")
      elseif(kind STREQUAL ".css")
        set(type "text/css; charset=utf-8")
      elseif(kind STREQUAL ".svg")
        set(type "image/svg+xml")
      elseif(kind STREQUAL ".png")
        set(type "image/png")
      elseif(kind STREQUAL ".webmanifest")
        set(type "application/manifest+json")
      else()
        message(FATAL_ERROR "of which type is ${file}?")
      endif()
      if(name STREQUAL "index.html")
        set(path "/")
      elseif(name STREQUAL "operate.html")
        set(path "/operate")
      elseif(name MATCHES "-[0-9a-f]+\\.")
        set(path "/page/${name}")
      else()
        set(path "/${name}")
      endif()
      string(MAKE_C_IDENTIFIER "file_${name}" id)
      # The hash in the text has compilers' caches see that a file has changed.
      foreach(form plain gzip brotli)
        set(from ${file})
        if(form STREQUAL "gzip")
          set(from ${copy}.gz)
        elseif(form STREQUAL "brotli")
          set(from ${copy}.br)
        endif()
        file(SIZE ${from} ${form}_size)
        string(APPEND contents "IMPORT(${id}_${form}, \"${from}\")\n")
      endforeach()
      string(SUBSTRING ${hash} 0 32 tag)
      string(APPEND table
        "    {\"${path}\", \"${type}\", \"\\\"${tag}\\\"\", {${id}_plain, ${plain_size}},\n"
        "     {${id}_gzip, ${gzip_size}}, {${id}_brotli, ${brotli_size}}},\n")
    endforeach()
    set(body "constexpr page_file files[] = {\n${table}};\n")
  else()
    set(body "constexpr std::span<const page_file> files;\n")
  endif()
  file(CONFIGURE OUTPUT ${out}/page_files_table.cpp @ONLY CONTENT [[
// Made by cmake/web.cmake.
#include <parlance/chat/web/page_files.hpp>

// The assembler takes the bytes in: #embed is not in every compiler yet.
#define IMPORT(name, path)                                                          \
  asm(".pushsection .rodata\n" #name ":\n.incbin \"" path "\"\n.popsection\n"); \
  extern "C" __attribute__((visibility("hidden"))) const char name[];
@contents@
namespace parlance::chat {
namespace {
@body@
}  // namespace

std::span<const page_file> page_files() noexcept { return files; }

}  // namespace parlance::chat
]])
  target_sources(${target} PRIVATE ${out}/page_files_table.cpp)
  if(PARLANCE_WEB)
    add_custom_target(page
      COMMAND npm ci --ignore-scripts --no-audit --no-fund
      COMMAND npm run check
      COMMAND npm run build
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/web VERBATIM USES_TERMINAL)
  endif()
endfunction()
