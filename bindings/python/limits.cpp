#include "module.hpp"
#include "options.hpp"
#include "repr.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

using Size = std::optional<Bytes>;
using Count = std::optional<std::uint64_t>;

IoLimit make_io_limit(std::filesystem::path device, Size read, Size write, Count reads,
                      Count writes) {
  return {.device = std::move(device),
          .read_bytes_per_second = read,
          .write_bytes_per_second = write,
          .read_operations_per_second = reads,
          .write_operations_per_second = writes};
}

Limits make_limits(Size memory, Size memory_swap, std::optional<double> cpus,
                   std::optional<std::uint32_t> cpu_weight, std::string cpuset_cpus,
                   std::string cpuset_mems, std::optional<std::uint32_t> pids,
                   std::vector<IoLimit> io) {
  return {.memory = memory,
          .memory_swap = memory_swap,
          .cpus = cpus,
          .cpu_weight = cpu_weight,
          .cpuset_cpus = std::move(cpuset_cpus),
          .cpuset_mems = std::move(cpuset_mems),
          .pids = pids,
          .io = std::move(io)};
}

}  // namespace

void bind_limits(py::module_& module) {
  py::class_<IoLimit>(module, "IoLimit")
      .def(py::init(&make_io_limit), py::arg("device"), py::kw_only(),
           py::arg("read_bytes_per_second") = Size(), py::arg("write_bytes_per_second") = Size(),
           py::arg("read_operations_per_second") = Count(),
           py::arg("write_operations_per_second") = Count())
      .def_readonly("device", &IoLimit::device)
      .def_readonly("read_bytes_per_second", &IoLimit::read_bytes_per_second)
      .def_readonly("write_bytes_per_second", &IoLimit::write_bytes_per_second)
      .def_readonly("read_operations_per_second", &IoLimit::read_operations_per_second)
      .def_readonly("write_operations_per_second", &IoLimit::write_operations_per_second)
      .def("__repr__", shows("device", "read_bytes_per_second", "write_bytes_per_second",
                             "read_operations_per_second", "write_operations_per_second"));

  py::class_<Limits>(module, "Limits")
      .def(py::init(&make_limits), py::kw_only(), py::arg("memory") = Size(),
           py::arg("memory_swap") = Size(), py::arg("cpus") = std::optional<double>(),
           py::arg("cpu_weight") = std::optional<std::uint32_t>(), py::arg("cpuset_cpus") = "",
           py::arg("cpuset_mems") = "", py::arg("pids") = std::optional<std::uint32_t>(),
           py::arg("io") = std::vector<IoLimit>())
      .def_readonly("memory", &Limits::memory)
      .def_readonly("memory_swap", &Limits::memory_swap)
      .def_readonly("cpus", &Limits::cpus)
      .def_readonly("cpu_weight", &Limits::cpu_weight)
      .def_readonly("cpuset_cpus", &Limits::cpuset_cpus)
      .def_readonly("cpuset_mems", &Limits::cpuset_mems)
      .def_readonly("pids", &Limits::pids)
      .def_readonly("io", &Limits::io)
      .def("__repr__", shows("memory", "memory_swap", "cpus", "cpu_weight", "cpuset_cpus",
                             "cpuset_mems", "pids", "io"));
}

}  // namespace containerlib::python
