# Everything here is a package of Debian 12; scripts/packages lists them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url json)
find_package(OpenSSL REQUIRED)

# Asio and Beast are compiled once, not in every translation unit that includes them.
add_library(tonearm_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio.cc)
# A request is a dozen coroutines deep: a loop keeps as many of their frames, not Asio's two.
target_compile_definitions(tonearm_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
                                               BOOST_ASIO_NO_DEPRECATED
                                               BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=16)
target_link_libraries(tonearm_asio PUBLIC Boost::boost Threads::Threads)

add_library(tonearm_beast STATIC ${PROJECT_SOURCE_DIR}/cmake/beast.cc)
target_compile_definitions(tonearm_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(tonearm_beast PUBLIC tonearm_asio)

if(NOT TONEARM_FUZZ)
  find_package(CURL 7.85 REQUIRED)
  find_package(SQLite3 REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(nlohmann_json 3.11 REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(prometheus-cpp REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(tomlplusplus REQUIRED)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
  pkg_check_modules(taglib REQUIRED IMPORTED_TARGET taglib)
  add_library(tonearm_tomlplusplus INTERFACE)
  target_link_libraries(tonearm_tomlplusplus INTERFACE tomlplusplus::tomlplusplus)
endif()
