# ccache when it is there. Precompiled headers need the sloppiness, or nothing would ever hit; paths
# count from the project's own root, so that another clone of it hits too.
find_program(TONEARM_CCACHE ccache)
if(TONEARM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
      ${TONEARM_CCACHE})
endif()
