#pragma once
#include <pybind11/pybind11.h>
#include <containerlib/container.hpp>

namespace containerlib::python {

/// A Container as a Python object has it: that lives on when the container was given up, and has
/// no destructor that a block could run. The interpreter's lock guards what it adds.
class Handle {
 public:
  Handle(Container container, bool owned) : container_(std::move(container)), owned_(owned) {}

  /// Throws ValueError once detached.
  Container& use() {
    if (detached_)
      throw pybind11::value_error("container " + container_.name() +
                                  " was detached; Runtime.find() gives a handle to it");
    return container_;
  }
  const Container& container() const { return container_; }
  bool detached() const { return detached_; }

  std::string detach();
  /// The end of a with block: removes what is owned.
  void exit();

 private:
  Container container_;
  bool owned_;
  bool detached_ = false;
};

}  // namespace containerlib::python
