# Warnings are for our own targets; Boost and the others come in as system headers.
function(tonearm_compile_options target)
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
