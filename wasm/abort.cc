// Where libc++ gives up over a mistake of its caller, such as the value of an empty optional. Its own text
// about that would bring printf; the wrapper says that the kernel crashed all the same.
#include <__verbose_abort>

// NOLINTNEXTLINE: libc++'s name
void std::__libcpp_verbose_abort(const char* /*format*/, ...) noexcept { __builtin_trap(); }
