# What `bauta serve` is built of besides its sources: cpp-httplib, and its page as a C++ string.
find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(HTTPLIB_LIBRARY cpp-httplib)
add_library(bauta_httplib INTERFACE)
target_include_directories(bauta_httplib SYSTEM INTERFACE ${HTTPLIB_INCLUDE_DIR})
find_package(Threads REQUIRED)
target_link_libraries(bauta_httplib INTERFACE Threads::Threads)
if(HTTPLIB_LIBRARY)  # Debian has compiled it, and so: its classes have other sizes without
  target_compile_definitions(bauta_httplib INTERFACE
    CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
  target_link_libraries(bauta_httplib INTERFACE ${HTTPLIB_LIBRARY})
endif()

set(page ${CMAKE_CURRENT_SOURCE_DIR}/serve/page.html)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
file(READ ${page} text)
# A string literal of a compiler has a bound: one a line of the page.
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\"" text "${text}")
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/apps/serve/page.h CONTENT
"// Made of apps/serve/page.html.
#pragma once

namespace bauta {

inline constexpr const char kPage[] =
\"@text@\";

}  // namespace bauta
" @ONLY)
target_include_directories(bauta_commands PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
