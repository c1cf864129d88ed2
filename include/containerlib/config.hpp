#pragma once
// Visibility and ABI version. Nothing else belongs here.
#define CONTAINERLIB_API __attribute__((visibility("default")))
#define CONTAINERLIB_BEGIN_NAMESPACE \
  namespace containerlib {           \
  inline namespace v0 {
#define CONTAINERLIB_END_NAMESPACE \
  }                                \
  }
