# The warnings that all code of this repository compiles under, as errors. Third-party headers are SYSTEM includes
# and are not judged.
add_library(al_warnings INTERFACE)
target_compile_options(al_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  -Wconversion -Wsign-conversion -Wdouble-promotion   # no silent change of a number
  -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wcast-qual -Wundef
  -Wimplicit-fallthrough -Wextra-semi
  -Wno-missing-field-initializers)                    # a designated initializer leaves out what keeps its default
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(al_warnings INTERFACE -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
  # False alarms of g++ 12 about std::string and std::optional in optimised code.
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(al_warnings INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
  endif()
endif()
