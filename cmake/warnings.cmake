# Warnings are for our own targets; Boost and the others come in as system headers. A unity build
# (the sanitizers', where it halves the time) is compiled without: it sees several files as one, and
# finds shadows and linkage that are none. The release build has warned of each file by itself.
function(tonearm_compile_options target)
  if(CMAKE_UNITY_BUILD)
    target_compile_options(${target} PRIVATE -w $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
    return()
  endif()
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual)
  if(TONEARM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A precompiled header is only usable with -fpch-preprocess under ccache. The warnings that are
    # off are false positives of gcc 12 on coroutine frames and Asio's allocators.
    target_compile_options(${target} PRIVATE -fpch-preprocess -Wno-mismatched-new-delete)
    if(TONEARM_SANITIZE)
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
  endif()
endfunction()
