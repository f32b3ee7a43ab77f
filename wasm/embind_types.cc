// The types that cross the boundary, in place of Embind's own list (libembind's bind.cpp), which holds every
// number, wide strings and memory views, each with its name here and its converters in the glue. bindings.cc
// and host.cc need these six.
#include <emscripten/bind.h>

#include <cstdlib>
#include <cstring>
#include <limits>

namespace {

emscripten::internal::InitFunc* bindings = nullptr;

}  // namespace

// What libembind would define; as these are here, the linker leaves it out.
extern "C" {

void _embind_register_bindings(emscripten::internal::InitFunc* next) {
  next->next = bindings;
  bindings = next;
}

void _embind_initialize_bindings() {
  for (auto* at = bindings; at != nullptr; at = at->next) at->init_func();
}

/// Named in the glue's errors about types that are not registered.
const char* __getTypeName(const std::type_info*) {  // NOLINT: the glue's name
  constexpr char name[] = "a type that wasm/embind_types.cc does not register";
  return static_cast<const char*>(std::memcpy(std::malloc(sizeof name), name, sizeof name));
}

// How a coroutine waits for a promise; there are none.
void _emval_coro_resume() { std::abort(); }
void _emval_coro_reject() { std::abort(); }

}  // extern "C"

EMSCRIPTEN_BINDINGS(types) {
  using namespace emscripten::internal;
  using Unsigned = std::numeric_limits<unsigned>;
  using Int = std::numeric_limits<int>;
  _embind_register_void(TypeID<void>::get(), "void");
  _embind_register_bool(TypeID<bool>::get(), "bool", true, false);
  _embind_register_integer(TypeID<int>::get(), "int", sizeof(int), Int::min(), Int::max());
  _embind_register_integer(TypeID<unsigned>::get(), "unsigned", sizeof(unsigned), Unsigned::min(),
                           Unsigned::max());
  _embind_register_float(TypeID<double>::get(), "double", sizeof(double));
  _embind_register_std_string(TypeID<std::string>::get(), "std::string");
  _embind_register_emval(TypeID<emscripten::val>::get());
}
