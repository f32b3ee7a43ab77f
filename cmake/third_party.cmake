# nlohmann/json (everywhere) and Catch2 3 (native only), from the cache that tools/setup-emscripten.sh filled, so that
# both builds see the same versions. On a system which that script does not serve, give
# -DNLOHMANN_JSON_INCLUDE_DIR=... and -DCATCH2_SOURCE_DIR=... (an unpacked Catch2 3 source tree).
include(${CMAKE_CURRENT_SOURCE_DIR}/build/toolchain.cmake OPTIONAL)

# NO_CMAKE_FIND_ROOT_PATH: under Emscripten's toolchain file, CMake would look only inside its sysroot.
find_path(NLOHMANN_JSON_INCLUDE_DIR nlohmann/json.hpp HINTS ${AGENTLATTICE_TOOLCHAIN}/include NO_CMAKE_FIND_ROOT_PATH)
if(NOT NLOHMANN_JSON_INCLUDE_DIR)
  message(FATAL_ERROR "nlohmann/json is missing: run tools/setup-emscripten.sh (or npm start), or set NLOHMANN_JSON_INCLUDE_DIR")
endif()
add_library(nlohmann_json INTERFACE)
add_library(nlohmann_json::nlohmann_json ALIAS nlohmann_json)
target_include_directories(nlohmann_json SYSTEM INTERFACE ${NLOHMANN_JSON_INCLUDE_DIR})

if(NOT EMSCRIPTEN)
  find_path(CATCH2_SOURCE_DIR extras/catch_amalgamated.cpp HINTS ${AGENTLATTICE_TOOLCHAIN}/catch2)
  if(NOT CATCH2_SOURCE_DIR)
    message(FATAL_ERROR "Catch2 3 is missing: run tools/setup-emscripten.sh (or npm test), or set CATCH2_SOURCE_DIR")
  endif()
  # One file holds the whole library, main included; tests include the small headers, <catch2/catch_test_macros.hpp>.
  set(CATCH_CONFIG_DEFAULT_REPORTER console)
  set(CATCH_CONFIG_CONSOLE_WIDTH 100)
  configure_file(${CATCH2_SOURCE_DIR}/src/catch2/catch_user_config.hpp.in ${CMAKE_BINARY_DIR}/catch2/catch2/catch_user_config.hpp)
  add_library(catch2 STATIC EXCLUDE_FROM_ALL ${CATCH2_SOURCE_DIR}/extras/catch_amalgamated.cpp)
  add_library(Catch2::Catch2WithMain ALIAS catch2)
  target_include_directories(catch2 SYSTEM PUBLIC ${CATCH2_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/catch2)
  target_compile_options(catch2 PRIVATE -O1 -g0 -w)
endif()
