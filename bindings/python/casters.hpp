#pragma once
#include <pybind11/chrono.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>
#include <containerlib/options.hpp>

#include <cmath>

// How Python has the library's plain types. Every file that converts one must see all of this.

/// A number of bytes is an int.
template <>
struct pybind11::detail::type_caster<containerlib::Bytes> {
  PYBIND11_TYPE_CASTER(containerlib::Bytes, const_name("int"));
  bool load(handle source, bool convert) {
    make_caster<std::uint64_t> number;
    if (!number.load(source, convert)) return false;
    value = {cast_op<std::uint64_t>(number)};
    return true;
  }
  static handle cast(containerlib::Bytes bytes, return_value_policy, handle) {
    return PyLong_FromUnsignedLongLong(bytes.count);
  }
};

/// A time is a number of seconds or a datetime.timedelta. A part of a millisecond counts as a whole
/// one, so that a short time does not become zero, which means none.
template <>
struct pybind11::detail::type_caster<containerlib::Milliseconds> {
  PYBIND11_TYPE_CASTER(containerlib::Milliseconds, const_name("Union[float, datetime.timedelta]"));
  bool load(handle source, bool) {
    object number = reinterpret_borrow<object>(source);
    if (isinstance(source, module_::import("datetime").attr("timedelta")))
      number = source.attr("total_seconds")();
    if (!PyNumber_Check(number.ptr()) || PyBool_Check(number.ptr())) return false;
    const double seconds = PyFloat_AsDouble(number.ptr());
    if (PyErr_Occurred()) throw error_already_set();
    // Centuries would overflow where they are added to a clock.
    if (!(std::abs(seconds) < 1e9)) throw value_error("not a time that can be waited for");
    const double count = seconds < 0 ? std::floor(seconds * 1000) : std::ceil(seconds * 1000);
    value = containerlib::Milliseconds(static_cast<std::int64_t>(count));
    return true;
  }
};

/// A moment is an aware datetime, in UTC; a naive one that is given is a local time.
template <>
struct pybind11::detail::type_caster<std::chrono::system_clock::time_point> {
  using Moment = std::chrono::system_clock::time_point;
  PYBIND11_TYPE_CASTER(Moment, const_name("datetime.datetime"));
  bool load(handle source, bool) {
    if (!isinstance(source, module_::import("datetime").attr("datetime"))) return false;
    const std::chrono::duration<double> since(source.attr("timestamp")().cast<double>());
    value = Moment(std::chrono::round<std::chrono::microseconds>(since));
    return true;
  }
  static handle cast(std::chrono::system_clock::time_point moment, return_value_policy, handle) {
    const module_ datetime = module_::import("datetime");
    const object epoch = datetime.attr("datetime")(
        1970, 1, 1, arg("tzinfo") = datetime.attr("timezone").attr("utc"));
    using std::chrono::floor, std::chrono::microseconds;
    return (epoch + pybind11::cast(floor<microseconds>(moment.time_since_epoch()))).release();
  }
};
