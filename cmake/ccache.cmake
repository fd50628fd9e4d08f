# ccache when it is there. Precompiled headers need the sloppiness, or nothing would ever hit.
find_program(TONEARM_CCACHE ccache)
if(TONEARM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      ${TONEARM_CCACHE})
endif()
