# Warnings are for our own targets; Boost and the others come in as system headers.
function(tonearm_compile_options target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual)
  if(TONEARM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A precompiled header is only usable with -fpch-preprocess under ccache.
    target_compile_options(${target} PRIVATE -fpch-preprocess)
    if(TONEARM_SANITIZE)
      # False positives of gcc 12 under sanitizers, in coroutine frames and Asio's allocators.
      target_compile_options(${target} PRIVATE -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
    endif()
  endif()
endfunction()
