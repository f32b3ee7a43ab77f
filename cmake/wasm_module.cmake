# How code becomes a WebAssembly module: the one place for compiler and linker flags of the wasm build.

# Size counts twice: it is downloaded, and it is compiled at every start. So everything is made small, but for the few files that every row
# of an embedded lattice passes through. (-O2 throughout: 1.4 times the size after brotli, for an execute that takes 0.9 of the time.)
set(AGENTLATTICE_WASM_OPTIMISE -Oz CACHE STRING "optimisation of the wasm build: -O2, -Os or -Oz")
set(AGENTLATTICE_WASM_HOT_SOURCES
  src/audit/canonical.cc src/audit/canonical_value.cc src/audit/merkle.cc src/audit/row.cc src/audit/row_batch.cc
  src/audit/row_lines.cc src/audit/verifier_batch.cc src/base/hex.cc src/base/json.cc src/base/json_parse.cc
  src/base/json_string.cc src/base/json_writer.cc src/base/sha256.cc src/base/sha256_batch.cc)

# For a library that ends up in a module, and for all that links to it.
function(al_compile_for_wasm target)
  target_compile_options(${target} PRIVATE ${AGENTLATTICE_WASM_OPTIMISE} PUBLIC
    -flto               # inlines across files; drops what the bindings do not reach
    -fwhole-program-vtables   # a direct call where only one override of a virtual function is left
    -fno-exceptions     # errors are values; saves about 16 kB, and nothing can cross Embind as a bare number
    -fno-rtti           # nobody asks for a type's name
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)   # no path of the building machine in the published binary
  # A broken invariant must end the instance, not run on: NDEBUG stays undefined, and assert traps, without a text.
  target_include_directories(${target} BEFORE PUBLIC wasm/include)
  target_compile_definitions(${target} PUBLIC
    JSON_NOEXCEPTION                            # nlohmann/json: same reason as -fno-exceptions
    EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)        # Embind: needed with -fno-rtti
endfunction()

# The hot files once more, fast. A module that holds these leaves those of the library out.
add_library(agentlattice_hot OBJECT EXCLUDE_FROM_ALL ${AGENTLATTICE_WASM_HOT_SOURCES})
target_compile_options(agentlattice_hot PRIVATE -O2
  -msimd128 -fno-vectorize -fno-slp-vectorize)   # four hashes side by side, written so; every runtime that we support has SIMD128
target_link_libraries(agentlattice_hot PRIVATE agentlattice al_warnings)

# al_add_wasm_module(<target> OUTPUT <name> SOURCES <file>... PRE_JS <file> JS_LIBRARY <file> [INLINED_BYTES <n>])
# Links the kernel and SOURCES to <build>/<name>.mjs and <name>.wasm. The .mjs exports a factory; loading the .wasm is
# left to whoever calls it (js/loaders), because every runtime does that differently. Functions of up to INLINED_BYTES
# of WebAssembly are put wherever they are called; all is made small once more at the end.
#
# Closure shrinks the glue by 60 %; it is an npm package with a Linux binary, used when `npm ci` brought it.
find_program(CLOSURE_COMPILER compiler PATHS ${CMAKE_SOURCE_DIR}/node_modules/google-closure-compiler-linux
             NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)

function(al_add_wasm_module target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "OUTPUT;PRE_JS;JS_LIBRARY;INLINED_BYTES" "SOURCES")
  cmake_path(ABSOLUTE_PATH arg_PRE_JS)
  cmake_path(ABSOLUTE_PATH arg_JS_LIBRARY)

  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${arg_OUTPUT} SUFFIX .mjs LINK_DEPENDS "${arg_PRE_JS};${arg_JS_LIBRARY}")
  target_compile_options(${target} PRIVATE ${AGENTLATTICE_WASM_OPTIMISE})
  # The other compile flags come with the kernel. Embind comes last, so that wasm/embind_types.cc is found before its own list of types.
  target_link_libraries(${target} PRIVATE agentlattice al_warnings embind)
  target_link_options(${target} PRIVATE
    ${AGENTLATTICE_WASM_OPTIMISE} -flto -fno-exceptions -fno-rtti
    --no-entry                        # a library: there is no main
    -sEMBIND_AOT                      # generates the invokers at link time: 20 ns a call instead of 200

    # The shape of the glue.
    -sMODULARIZE -sEXPORT_ES6         # an ES module that exports a factory: one call, one instance, no globals
    -sEXPORT_NAME=createAgentLattice
    -sENVIRONMENT=web,worker          # without `node`: its require("fs") branch breaks bundlers and workerd
    # What is compiled for speed is inlined within its file, and not into everything at link time as well: 6 kB
    # less after brotli, for an execute that takes 1.03 of the time.
    -Wl,-mllvm,-inline-threshold=5
    -sDYNAMIC_EXECUTION=0             # no eval: edge runtimes and strict content security policies forbid it
    -sFILESYSTEM=0                    # the kernel does no I/O
    -sINCOMING_MODULE_JS_API=instantiateWasm,print,printErr,onAbort   # all that a loader may hand in to the glue
    --pre-js ${arg_PRE_JS}            # binds fetch and WebSocket per instance, from the same argument

    # The network, for transports in wasm/.
    -sFETCH -sFETCH_STREAMING=1       # emscripten/fetch.h over the DOM fetch; without streaming it needs XMLHttpRequest
    -sFETCH_SUPPORT_INDEXEDDB=0       # no cache behind the caller's back; not in every runtime either
    -lwebsocket.js                    # emscripten/websocket.h
    --js-library ${arg_JS_LIBRARY}    # after it: replaces one of its functions

    # Memory.
    -sMALLOC=emmalloc                 # the smallest allocator; there is one thread
    -sINITIAL_MEMORY=2MB              # a Worker or a page may hold many instances
    -sSTACK_SIZE=256KB                # JSON nesting is bounded by the kernel, far below this
    -sALLOW_MEMORY_GROWTH             # an embedded ledger grows with its rows
    -sABORTING_MALLOC=1)              # out of memory is the end, not a null pointer that somebody writes to

  set(passes -Oz)
  if(arg_INLINED_BYTES)
    string(PREPEND passes --always-inline-max-function-size=${arg_INLINED_BYTES},)
  endif()
  target_link_options(${target} PRIVATE -sBINARYEN_EXTRA_PASSES=${passes})

  if(CLOSURE_COMPILER)
    target_link_options(${target} PRIVATE --closure 1)
    set_target_properties(${target} PROPERTIES
      RULE_LAUNCH_LINK "${CMAKE_COMMAND} -E env EM_CLOSURE_COMPILER=${CLOSURE_COMPILER}")
  else()
    message(STATUS "no closure compiler in node_modules (npm ci brings it): the glue stays large")
  endif()
endfunction()
