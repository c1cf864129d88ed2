#pragma once
#include <pybind11/pybind11.h>
#include <containerlib/container.hpp>

namespace containerlib::python {

/// A LogReader is for one thread at a time. Python does not see to that while one waits in it.
class Lines {
 public:
  explicit Lines(LogReader reader) : reader_(std::move(reader)) {}
  /// Throws stop_iteration at the end, ValueError while another thread is in it.
  LogLine next();

 private:
  LogReader reader_;
  bool busy_ = false;  ///< guarded by the interpreter's lock
};

}  // namespace containerlib::python
