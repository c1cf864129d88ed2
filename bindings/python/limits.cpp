#include "module.hpp"
#include "options.hpp"

namespace containerlib::python {
namespace py = pybind11;

void bind_limits(py::module_& module) {
  py::class_<Limits>(module, "Limits")
      .def(py::init([](std::optional<Bytes> memory, std::optional<Bytes> memory_swap,
                       std::optional<double> cpus, std::optional<std::uint32_t> cpu_weight,
                       std::string cpuset_cpus, std::optional<std::uint32_t> pids) {
             return Limits{.memory = memory,
                           .memory_swap = memory_swap,
                           .cpus = cpus,
                           .cpu_weight = cpu_weight,
                           .cpuset_cpus = std::move(cpuset_cpus),
                           .pids = pids};
           }),
           py::kw_only(), py::arg("memory") = std::optional<Bytes>(),
           py::arg("memory_swap") = std::optional<Bytes>(),
           py::arg("cpus") = std::optional<double>(),
           py::arg("cpu_weight") = std::optional<std::uint32_t>(), py::arg("cpuset_cpus") = "",
           py::arg("pids") = std::optional<std::uint32_t>())
      .def_readonly("memory", &Limits::memory)
      .def_readonly("cpus", &Limits::cpus)
      .def_readonly("pids", &Limits::pids);
}

}  // namespace containerlib::python
