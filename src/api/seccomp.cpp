#include <containerlib/options.hpp>

CONTAINERLIB_BEGIN_NAMESPACE

Seccomp Seccomp::standard() { return {}; }

Seccomp Seccomp::unconfined() {
  Seccomp out;
  out.confined_ = false;
  return out;
}

Seccomp& Seccomp::allow(std::initializer_list<std::string_view> calls) {
  return deny(calls, 0);  // as a rule, 0 is no error
}

Seccomp& Seccomp::deny(std::initializer_list<std::string_view> calls, int errnum) {
  for (std::string_view call : calls) rules_.push_back({std::string(call), errnum});
  return *this;
}

CONTAINERLIB_END_NAMESPACE
