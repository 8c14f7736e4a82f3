# Finds cuDNN 9.8 or later: the imported target bauta_cudnn, where there is one. It lies where BAUTA_CUDNN_ROOT says, in
# the CUDA toolkit, in the system's folders, or in Python's packages (pip's nvidia-cudnn-cu13).
option(BAUTA_CUDNN "Convolutions by cuDNN and matrix products by cuBLASLt, where they are found" ON)
set(BAUTA_CUDNN_ROOT "" CACHE PATH "Folder with cuDNN's include/ and lib/")

find_package(Python3 QUIET COMPONENTS Interpreter)
set(python_folders "")
if(Python3_FOUND)
  execute_process(COMMAND ${Python3_EXECUTABLE} -c
    "import sys; print(';'.join(p + '/nvidia/' + d for p in sys.path if p for d in ('cudnn', 'cu13')), end='')"
    OUTPUT_VARIABLE python_folders ERROR_QUIET)
endif()
get_filename_component(toolkit "${CUDAToolkit_BIN_DIR}" DIRECTORY)
foreach(include ${CUDAToolkit_INCLUDE_DIRS})
  get_filename_component(folder "${include}" DIRECTORY)
  list(APPEND toolkit "${folder}")
endforeach()

find_path(BAUTA_CUDNN_INCLUDE_DIR cudnn.h HINTS ${BAUTA_CUDNN_ROOT} ${toolkit} PATHS ${python_folders}
  PATH_SUFFIXES include)
# Beside its headers, lest it be another version; pip's package has no libcudnn.so.
find_library(BAUTA_CUDNN_LIBRARY NAMES cudnn libcudnn.so.9 NAMES_PER_DIR HINTS "${BAUTA_CUDNN_INCLUDE_DIR}/.."
  PATH_SUFFIXES lib lib64)
mark_as_advanced(BAUTA_CUDNN_INCLUDE_DIR BAUTA_CUDNN_LIBRARY)

if(BAUTA_CUDNN AND BAUTA_CUDNN_INCLUDE_DIR AND BAUTA_CUDNN_LIBRARY AND TARGET CUDA::cublasLt)
  file(STRINGS "${BAUTA_CUDNN_INCLUDE_DIR}/cudnn_version.h" lines REGEX "define CUDNN_(MAJOR|MINOR|PATCHLEVEL) +[0-9]")
  string(REGEX REPLACE "[^0-9;]" "" numbers "${lines}")
  list(JOIN numbers "." cudnn_version)
  if(cudnn_version VERSION_GREATER_EQUAL 9.8)
    # Headers alone: the libraries are loaded when they are wanted (cudnn_functions.h, cublaslt_functions.h).
    add_library(bauta_cudnn INTERFACE IMPORTED GLOBAL)
    target_include_directories(bauta_cudnn SYSTEM INTERFACE ${BAUTA_CUDNN_INCLUDE_DIR} ${CUDAToolkit_INCLUDE_DIRS})
    target_link_libraries(bauta_cudnn INTERFACE ${CMAKE_DL_LIBS})
    get_filename_component(cudnn_library "${BAUTA_CUDNN_LIBRARY}" REALPATH)
    string(REGEX MATCH "^[0-9]+" cudnn_major "${cudnn_version}")
    get_target_property(cublaslt_library CUDA::cublasLt IMPORTED_LOCATION)
    message(STATUS "cuDNN ${cudnn_version}: ${BAUTA_CUDNN_LIBRARY}")
  endif()
endif()
if(NOT TARGET bauta_cudnn)
  message(STATUS "no cuDNN 9.8 or later (BAUTA_CUDNN, BAUTA_CUDNN_ROOT): the card's own kernels do its work")
endif()
