# cmake --install, and cpack -G DEB. Paths are Debian's; another prefix works for all but the unit,
# which names /usr/bin and /etc.
include(GNUInstallDirs)
find_package(Python3 COMPONENTS Interpreter REQUIRED)

# What is built is what is packaged: `cpack` does not first build every test.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

set(pages ${PROJECT_BINARY_DIR}/man)
set(manual ${PROJECT_SOURCE_DIR}/scripts/manual)
file(MAKE_DIRECTORY ${pages})
add_custom_command(
  OUTPUT ${pages}/tonearm.1.gz
  COMMAND ${Python3_EXECUTABLE} ${manual} tonearm $<TARGET_FILE:tonearm>
          ${PROJECT_SOURCE_DIR}/docs/operations.md > ${pages}/tonearm.1
  COMMAND gzip -9nf ${pages}/tonearm.1
  DEPENDS tonearm ${manual} ${PROJECT_SOURCE_DIR}/docs/operations.md VERBATIM)
add_custom_command(
  OUTPUT ${pages}/tonearm.toml.5.gz
  COMMAND ${Python3_EXECUTABLE} ${manual} tonearm.toml ${PROJECT_SOURCE_DIR}/docs/configuration.md
          ${PROJECT_VERSION} > ${pages}/tonearm.toml.5
  COMMAND gzip -9nf ${pages}/tonearm.toml.5
  DEPENDS ${manual} ${PROJECT_SOURCE_DIR}/docs/configuration.md VERBATIM)
add_custom_target(manual ALL DEPENDS ${pages}/tonearm.1.gz ${pages}/tonearm.toml.5.gz)

# The sample is the configuration, but for where the service's catalog lies.
set(sample ${PROJECT_SOURCE_DIR}/config/tonearm.toml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sample})
file(READ ${sample} text)
string(REPLACE "path = \"catalog.sqlite3\"" "path = \"/var/lib/tonearm/catalog.sqlite3\""
       packaged "${text}")
if(packaged STREQUAL text)
  message(FATAL_ERROR "config/tonearm.toml no longer has the line that packaging.cmake replaces")
endif()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/packaged/tonearm.toml CONTENT "${packaged}" @ONLY)

install(TARGETS tonearm RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES config/tonearm.service config/tonearm.socket DESTINATION lib/systemd/system)
install(FILES ${pages}/tonearm.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${pages}/tonearm.toml.5.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
# As they lie here, so that links from one to another lead somewhere.
install(FILES README.md CONTRIBUTING.md LICENSE cmake/debian/copyright
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES config/nginx.conf config/tonearm.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/config)
# /etc belongs to the prefix /usr; any other prefix has its own. A file that is there stays.
install(CODE "set(packaged \"${PROJECT_BINARY_DIR}/packaged/tonearm.toml\")")
install(CODE [[
  string(REGEX REPLACE "/usr/?$" "" root "${CMAKE_INSTALL_PREFIX}")
  set(etc "${root}/etc/tonearm")
  if(EXISTS "$ENV{DESTDIR}${etc}/tonearm.toml")
    message(STATUS "Keeping: ${etc}/tonearm.toml")
  else()
    file(INSTALL "${packaged}" DESTINATION "${etc}")
  endif()]])

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The tonearm authors <tonearm@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGE_DESCRIPTION "Streams audio and video from an SQLite catalog: finds the song, asks the
server, bucket or file that holds it for just the bytes that are wanted, and
passes them on. Ranges are exact, broken transfers are resumed, and clients
never learn where a file lives. Runs behind nginx.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "nginx, prometheus")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
foreach(script conffiles postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/debian/${script})
endforeach()
include(CPack)
