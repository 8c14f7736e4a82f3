# The same kernels are compiled for several instruction sets into one program. An inline function emitted by
# two of them under one name would be merged by the linker, and AVX-512 code could run on a machine without it.
# So no object of a backend may define anything global whose name does not contain the backend's.
#
# Included, this file registers the tests; run by cmake -P with BACKEND, NM and OBJECTS, it is the test.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  if(BAUTA_SANITIZE)  # the sanitizers' own symbols; such a build stays on the machine that made it
    return()
  endif()
  foreach(backend cpu_avx2 cpu_avx512 cpu_avx512_bf16 cpu_avx512_amx)
    set(objects "$<TARGET_OBJECTS:bauta_kernels_${backend}>")
    if(TARGET bauta_bench_${backend})
      list(APPEND objects "$<TARGET_OBJECTS:bauta_bench_${backend}>")
    endif()
    add_test(NAME "kernels: ${backend} defines nothing that the linker could share"
      COMMAND ${CMAKE_COMMAND} -DBACKEND=${backend} -DNM=${CMAKE_NM}
        "-DOBJECTS=${objects}"
        -P ${CMAKE_CURRENT_LIST_FILE})
  endforeach()
  return()
endif()

foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} --defined-only --extern-only --format=posix ${object}
    OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+" symbols "${symbols}")
  foreach(symbol IN LISTS symbols)
    # DW.ref.* is a pointer to the exception handling routine, the same for everyone.
    if(NOT symbol MATCHES "${BACKEND}" AND NOT symbol MATCHES "^DW\\.ref\\.")
      message(SEND_ERROR "${object} defines ${symbol}")
    endif()
  endforeach()
endforeach()
if(NOT OBJECTS)
  message(FATAL_ERROR "no objects of ${BACKEND} to look at")
endif()
