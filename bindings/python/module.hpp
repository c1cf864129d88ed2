#pragma once
#include <pybind11/pybind11.h>

// The Python module is the public API under the same names; each part binds its own classes.
namespace containerlib::python {

/// For members that may block: other Python threads run meanwhile.
using Unlocked = pybind11::call_guard<pybind11::gil_scoped_release>;

/// For classes whose destructor touches the disk or waits.
struct DeleteUnlocked {
  template <class T>
  void operator()(T* object) const {
    pybind11::gil_scoped_release unlocked;
    delete object;
  }
};

void bind_errors(pybind11::module_&);
void bind_option_values(pybind11::module_&);
void bind_limits(pybind11::module_&);
void bind_results(pybind11::module_&);
void bind_info(pybind11::module_&);
void bind_logs(pybind11::module_&);
void bind_containers(pybind11::module_&);
void bind_images(pybind11::module_&);
void bind_runtime(pybind11::module_&);

}  // namespace containerlib::python
